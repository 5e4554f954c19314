// A function's file, bundled as for the deployment, for a runtime to load.
import { build } from 'esbuild';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BUNDLE } from '../../cdk/constructs/bundle.ts';

/** `entry` is relative to the repository's root; the bundle gets a directory of its own. */
export async function bundled(entry: string): Promise<{ directory: string; handler: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'droppod-front-'));
  const { banner, ...options } = BUNDLE;
  await build({
    ...options,
    entryPoints: [join(import.meta.dirname, '../..', entry)],
    outfile: join(directory, 'index.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: banner },
    logLevel: 'error',
  });
  return { directory, handler: 'index.handler' };
}
