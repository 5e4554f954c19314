// The last resort of the serving process: logs an unhandled error in one line, with its cause, and keeps serving.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const NET = fileURLToPath(new URL('../../../local/cli/last-net.ts', import.meta.url));

const SCRIPT = `
import { spreadLastNet } from ${JSON.stringify(NET)};
spreadLastNet((line) => process.stderr.write(line + '\\n'));
Promise.reject(new Error('first', { cause: new Error('root of it') }));
setTimeout(() => { throw new Error('second'); }, 10);
setTimeout(() => { console.log('alive'); process.exit(0); }, 200);
`;

it('a rejection and a throw that nobody owns become one line each, and the process goes on', async () => {
  const { stdout, stderr, code } = await new Promise<{
    stdout: string;
    stderr: string;
    code: number | string | null | undefined;
  }>((resolve) => {
    execFile(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', SCRIPT],
      { timeout: 60_000 },
      (error, out, err) =>
        resolve({ stdout: out, stderr: err, code: error === null ? 0 : error.code }),
    );
  });
  expect([stdout, code]).toEqual(['alive\n', 0]);
  const caught = stderr
    .split('\n')
    .filter((line) => line.startsWith('error without an owner: '))
    .map((line) => JSON.parse(line.slice(line.indexOf('{'))) as { event: string; cause: string });
  expect(caught.map(({ event }) => event)).toEqual(['unhandledRejection', 'uncaughtException']);
  expect(caught[0]?.cause).toMatch(/^Error: first[^]*caused by Error: root of it/);
  expect(caught[1]?.cause).toContain('Error: second');
});

it('a log in a file goes on after a line that the disk did not take', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'droppod-log-'));
  const file = join(directory, 'log');
  // A file size limit makes a write fail like a full disk, and kills nobody if the signal is ignored.
  const script = `${SCRIPT.split('\n').slice(0, 3).join('\n')}
process.on('SIGXFSZ', () => undefined);
console.error('x'.repeat(5_000));
truncateSync(${JSON.stringify(file)}, 0);
console.error('after');`;
  try {
    await new Promise<void>((resolve) => {
      const words = [
        '-c',
        `ulimit -f 4; exec "$0" --import tsx --input-type=module -e "$1" 2>>"$2"`,
        process.execPath,
        `import { truncateSync } from 'node:fs';${script}`,
        file,
      ];
      execFile('bash', words, { timeout: 60_000 }, () => resolve());
    });
    expect(readFileSync(file, 'utf8')).toBe('after\n');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
