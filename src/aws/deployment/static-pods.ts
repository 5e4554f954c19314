// The static pods that a deployment brings: a file beside the code of the function that keeps them.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StaticPods } from '../../ports/static-pods.ts';

const FILE = join(dirname(fileURLToPath(import.meta.url)), 'static-pods.json');

/** As src/aws/deployment/write-static-pods.ts wrote them; undefined: this function has none. */
export const readStaticPods = (): StaticPods | undefined =>
  existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as StaticPods) : undefined;
