// What the podlet does by its runtime, on the runtime of its image: the same tests as on Node, bundled as the agent is.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hostArchitecture, OUTPUT } from '../../podlet/image/build.ts';
import { downloadsInto } from '../../podlet/image/download.ts';
import { bun } from '../../podlet/image/parts.ts';

const PODLET = fileURLToPath(new URL('.', import.meta.url));
const FILES = [
  'files',
  'node-lookup',
  'probe-variants',
  'probes',
  'transport',
  'hostile/endless-answers',
  'hostile/files',
  'hostile/http-answers',
  'hostile/refusals',
  'hostile/sessions',
  'hostile/sockets',
];
const TIMEOUT_MS = 120_000;

let directory: string;
let program: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'droppod-on-bun-'));
  program = join(directory, 'bun');
  const { content = '' } = await bun(downloadsInto(OUTPUT), hostArchitecture());
  writeFileSync(program, content, { mode: 0o755 });
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** One file for Bun's test runner, which takes vitest's names. */
async function bundled(file: string): Promise<string> {
  const entry = join(PODLET, `${file}.test.ts`);
  const outfile = join(directory, `${basename(file)}.test.mjs`);
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'esnext',
    format: 'esm',
    external: ['vitest', 'bufferutil', 'utf-8-validate'],
    logLevel: 'error',
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(entry)) },
    // ws is CommonJS.
    banner: {
      js: `import { createRequire } from 'node:module'; const require = createRequire(${JSON.stringify(outfile)});`,
    },
  });
  return outfile;
}

it.each(FILES)('%s.test.ts passes on Bun', async (file) => {
  const args = ['test', await bundled(file), '--timeout', String(TIMEOUT_MS)];
  const { stderr } = await promisify(execFile)(program, args, {
    cwd: directory,
    maxBuffer: 1 << 26,
  });
  expect(stderr).toMatch(/^ 0 fail$/m);
  expect(Number(/^ (\d+) pass$/m.exec(stderr)?.[1])).toBeGreaterThan(0);
});
