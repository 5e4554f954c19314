// What the podlet does by its runtime, on the runtime of its image: the same tests as on Node, bundled as the agent is.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import type { BuildOptions } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildSupervise, hostArchitecture, OUTPUT } from '../../podlet/image/build.ts';
import { downloadsInto } from '../../podlet/image/download.ts';
import { bun } from '../../podlet/image/parts.ts';

const PODLET = fileURLToPath(new URL('.', import.meta.url));
const FILES = [
  'connection',
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

/** One file for Bun, of a file or of a text. */
async function bundled(source: BuildOptions, url: string, outfile: string): Promise<string> {
  await build({
    ...source,
    outfile,
    bundle: true,
    platform: 'node',
    target: 'esnext',
    format: 'esm',
    external: ['vitest', 'esbuild', 'bufferutil', 'utf-8-validate'],
    logLevel: 'error',
    define: { 'import.meta.url': JSON.stringify(url) },
    // ws is CommonJS.
    banner: {
      js: `import { createRequire } from 'node:module'; const require = createRequire(${JSON.stringify(outfile)});`,
    },
  });
  return outfile;
}

const run = promisify(execFile);

// Bun's test runner takes vitest's names.
it.each(FILES)('%s.test.ts passes on Bun', async (file) => {
  const entry = join(PODLET, `${file}.test.ts`);
  const test = await bundled(
    { entryPoints: [entry] },
    pathToFileURL(entry).href,
    join(directory, `${basename(file)}.test.mjs`),
  );
  const { stderr } = await run(program, ['test', test, '--timeout', String(TIMEOUT_MS)], {
    cwd: directory,
    env: { ...process.env, DROPPOD_TEST_SUPERVISE: await buildSupervise(hostArchitecture()) },
    maxBuffer: 1 << 26,
  });
  expect(stderr).toMatch(/^ 0 fail$/m);
  expect(Number(/^ (\d+) pass$/m.exec(stderr)?.[1])).toBeGreaterThan(0);
});

it("a fault of a connection's reader closes it and is the process's to report", async () => {
  const contents = `
    import { connect } from 'node:net';
    import { listenByBun } from './connection.ts';
    const path = ${JSON.stringify(join(directory, 'fault.sock'))};
    listenByBun(path, 2, (connection) => connection.on('data', () => { throw new Error('a fault'); }));
    process.on('uncaughtException', ({ message }) => console.log(message));
    connect(path).on('close', () => setTimeout(() => process.exit(), 20)).write('x');
  `;
  const resolveDir = join(PODLET, '../../podlet');
  const script = await bundled(
    { stdin: { contents, resolveDir, loader: 'ts' } },
    import.meta.url,
    join(directory, 'fault.mjs'),
  );
  expect((await run(program, [script], { timeout: TIMEOUT_MS })).stdout).toBe('a fault\n');
});
