// The Go tests of supervise: what it does to files, without containers.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const go = ['go', '/usr/local/go/bin/go', '/usr/lib/go/bin/go'];

it('F2: supervise copies, moves and puts files as its own tests say', async () => {
  for (const program of go) {
    const found = await run(program, ['version']).then(
      () => true,
      () => false,
    );
    if (!found) continue;
    const { stdout } = await run(program, ['test', '-count=1', './...'], {
      cwd: 'podlet/supervise',
    });
    expect(stdout).toMatch(/^ok\s/m);
    return;
  }
  console.log('skipped: no Go on this machine');
}, 300_000);
