// Static pods of a deployment (`-c staticPods=DIR`): the kubelet's directory of manifests, bundled with the function that maintains them.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Beside } from './bundled-function.ts';

export interface StaticPodFiles {
  directory: string;
  /** Changes with every name and byte of the files. */
  digest: string;
}

/** Reads the directory; throws if it is none. */
export function staticPodFiles(path: string): StaticPodFiles {
  const directory = resolve(path);
  const hash = createHash('sha256');
  for (const name of readdirSync(directory)
    .filter((one) => !one.startsWith('.'))
    .sort())
    hash.update(JSON.stringify([name, readFileSync(join(directory, name), 'base64')]));
  return { directory, digest: hash.digest('hex').slice(0, 32) };
}

/** Writes the manifests beside the code; fails if one of them could not run. */
export const withStaticPods =
  ({ directory }: StaticPodFiles): Beside =>
  (input, output) => [
    `cd '${input}' && node --import tsx src/aws/deployment/write-static-pods.ts '${directory}' '${output}/static-pods.json'`,
  ];
