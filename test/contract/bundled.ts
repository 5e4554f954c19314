// A function's files as the deployment makes them, for a runtime to load.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../../cdk/constructs/bundle.ts';

/** `entry` is named from the repository's root; the bundle is in a directory of its own. */
export function bundled(entry: string): Promise<{ directory: string; handler: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'droppod-front-'));
  bundle(entry, directory);
  return Promise.resolve({ directory, handler: 'index.handler' });
}
