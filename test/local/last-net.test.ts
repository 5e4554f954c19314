// The last net of the serving process: logs what nobody owns in one line, with its cause, and serves on.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const NET = fileURLToPath(new URL('../../local/cli/last-net.ts', import.meta.url));

const SCRIPT = `
import { spreadLastNet } from ${JSON.stringify(NET)};
spreadLastNet((line) => process.stderr.write(line + '\\n'));
Promise.reject(new Error('first', { cause: new Error('root of it') }));
setTimeout(() => { throw new Error('second'); }, 10);
setTimeout(() => { console.log('alive'); process.exit(0); }, 200);
`;

it('a rejection and a throw that nobody owns become one line each, and the process goes on', async () => {
  const { stdout, stderr, code } = await new Promise<{ stdout: string; stderr: string; code: number | string | null | undefined }>((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', SCRIPT], { timeout: 60_000 }, (error, out, err) => resolve({ stdout: out, stderr: err, code: error === null ? 0 : error.code }));
  });
  expect([stdout, code]).toEqual(['alive\n', 0]);
  const caught = stderr.split('\n').filter((line) => line.startsWith('error without an owner: ')).map((line) => JSON.parse(line.slice(line.indexOf('{'))) as { event: string; cause: string });
  expect(caught.map(({ event }) => event)).toEqual(['unhandledRejection', 'uncaughtException']);
  expect(caught[0]?.cause).toMatch(/^Error: first[^]*caused by Error: root of it/);
  expect(caught[1]?.cause).toContain('Error: second');
});
