// `npm run check`: format, compilers, linters and dead code for everything, and Go's vet and tests for supervise.
// The exit code is the number of tools that failed.
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findGo } from '../podlet/image/build.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SUPERVISE = join(ROOT, 'podlet/supervise');

interface Tool {
  name: string;
  /** Its findings; '' if there are none. */
  findings: () => Promise<string>;
}

/** The output of a program that failed; '' if it succeeded. */
async function failure(program: string, words: string[], cwd = ROOT): Promise<string> {
  try {
    const env = { ...process.env, CGO_ENABLED: '0' };
    await run(program, words, { cwd, maxBuffer: 1 << 24, env });
    return '';
  } catch (error) {
    const { stdout = '', stderr = '', message = '' } = error as Record<string, string | undefined>;
    return `${stdout}${stderr}`.trim() || message;
  }
}

const npm = (name: string, script: string, ...words: string[]): Tool => ({
  name,
  findings: () => failure(process.execPath, [join('node_modules', script), ...words]),
});

const go = (...words: string[]): Tool => ({
  name: `go ${words[0]}`,
  findings: async () => failure(await findGo(), words, SUPERVISE),
});

const gofmt: Tool = {
  name: 'gofmt',
  findings: async () => {
    const { stdout: root } = await run(await findGo(), ['env', 'GOROOT']);
    return (await run(join(root.trim(), 'bin/gofmt'), ['-l', '.'], { cwd: SUPERVISE })).stdout;
  },
};

/** The slowest first. */
const TOOLS = [
  npm('eslint', 'eslint/bin/eslint.js', '.', '--no-color'),
  npm('tsc', 'typescript/bin/tsc', '--noEmit', '--pretty', 'false'),
  npm('prettier', 'prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'),
  npm('knip', 'knip/bin/knip.js', '--no-progress'),
  go('vet', './...'),
  go('test', './...'),
  gofmt,
];

const waiting = [...TOOLS];
let objecting = 0;

async function work(): Promise<void> {
  for (let tool = waiting.shift(); tool !== undefined; tool = waiting.shift()) {
    const begun = performance.now();
    const found = await tool.findings().catch((error: unknown) => String(error));
    const seconds = Math.round((performance.now() - begun) / 1000);
    console.log(`check: ${tool.name} ${found === '' ? 'ok' : 'FAILED'} (${seconds} s)`);
    if (found === '') continue;
    objecting += 1;
    console.log(found);
  }
}

await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));
process.exitCode = objecting;
