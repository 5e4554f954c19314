// Hostile files where the podlet reads: FIFOs, devices, links, endless files. It responds soon, and keeps nothing of them.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withFileVariables } from '../../../podlet/file-variables.ts';
import { VolumeFiles } from '../../../podlet/files.ts';
import { supervise } from '../supervise.ts';
import { startOrder } from '../sync-server.ts';

let root: string;
let volumes: VolumeFiles;
const path = (...parts: string[]): string => join(root, 'v', ...parts);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'droppod-hostile-'));
  mkdirSync(path());
  volumes = new VolumeFiles(root, () => new Date(0), supervise);
});
// Node's own removal fails for paths that are too long.
afterEach(() => {
  execFileSync('rm', ['-rf', root]);
});

const variable = (name: string, key = 'A') => ({
  placeholder: '\u00000\u0000',
  name: 'A',
  volume: 'v',
  path: name,
  key,
  optional: false,
});
const filled = (name: string, argv = ['\u00000\u0000']) =>
  withFileVariables({ ...startOrder(argv), fileVariables: [variable(name)] }, volumes);

describe('a file that is read for variables', () => {
  it('is no FIFO, device, socket or directory: twenty at once hold no thread', async () => {
    execFileSync('mkfifo', [path('fifo')]);
    symlinkSync('/dev/zero', path('zero'));
    symlinkSync('/proc/self/environ', path('environ'));
    const server = createServer().listen(path('socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    const names = ['fifo', 'zero', 'environ', 'socket', '.'];
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => names.map((name) => filled(name))).flat(),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(
      new Set([JSON.stringify({ error: "couldn't parse env file" })]),
    );
    // The thread pool is free: a file of another volume can be read.
    writeFileSync(path('plain'), "A='1'\n");
    expect(await filled('plain')).toMatchObject({ order: { argv: ['1'] } });
    server.close();
  });

  it('is read to 1 MiB, however long it is: what stands before counts, what is missing is an error', async () => {
    writeFileSync(path('long'), `A='1'\n${'#\n'.repeat(100)}`);
    truncateSync(path('long'), 3 * 1024 ** 3);
    const before = process.memoryUsage().rss;
    expect(await filled('long')).toMatchObject({ order: { argv: ['1'] } });
    expect(
      await withFileVariables(
        { ...startOrder([]), fileVariables: [variable('long', 'B')] },
        volumes,
      ),
    ).toEqual({ error: "couldn't parse env file" });
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 ** 2);
  });

  it("has no line that Go's scanner does not take, and takes time in proportion to its length", async () => {
    writeFileSync(path('line'), `#${'y'.repeat(70_000)}\nA='1'\n`);
    expect(await filled('line')).toEqual({ error: "couldn't parse env file" });
    writeFileSync(path('lines'), `${'\n'.repeat(900_000)}A='1'\n`);
    expect(await filled('lines')).toMatchObject({ order: { argv: ['1'] } });
  });

  it('cannot make arguments longer than the kernel takes by standing in many places', async () => {
    writeFileSync(path('value'), `A='${'y'.repeat(60_000)}'\n`);
    expect(
      await filled(
        'value',
        Array.from({ length: 100_000 }, () => '\u00000\u0000'),
      ),
    ).toEqual({ error: 'argument list too long' });
  });
});

it('the size of a volume is counted whatever lies in it', async () => {
  execFileSync('mkfifo', [path('fifo')]);
  symlinkSync('.', path('loop'));
  // Deeper than any path can name.
  execFileSync(
    'sh',
    [
      '-c',
      'i=0; while [ $i -lt 330 ]; do mkdir aaaaaaaaaaaa && cd -P aaaaaaaaaaaa || exit 0; i=$((i+1)); done',
    ],
    { cwd: path() },
  );
  writeFileSync(path('file'), Buffer.alloc(100_000));
  expect((await volumes.usedBytes(['v']))[0]).toBeGreaterThanOrEqual(100_000);
});
