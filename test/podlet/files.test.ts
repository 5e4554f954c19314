// Volumes on a real file system: the atomic layout, modes, updates, groups, sizes.
import {
  lstatSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
  mkdirSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VolumeFiles } from '../../podlet/files.ts';
import { supervise } from './supervise.ts';

let root: string;
let volumes: VolumeFiles;
const path = (...parts: string[]): string => join(root, 'v', ...parts);
const file = (name: string, text: string, mode = 0o644) => ({
  path: name,
  mode,
  base64: Buffer.from(text).toString('base64'),
});
const mode = (name: string): string => (statSync(path(name)).mode & 0o7777).toString(8);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'droppod-files-'));
  mkdirSync(path());
  volumes = new VolumeFiles(root, () => new Date('2026-11-21T08:00:05Z'), supervise);
});
afterEach(() => rmSync(root, { recursive: true }));

describe('files', () => {
  it('lie behind ..data in a directory with the time in its name', async () => {
    await volumes.apply('v', {
      version: '1',
      files: [file('key', 'one', 0o400), file('deep/er/key', 'two')],
    });
    expect(readlinkSync(path('..data'))).toMatch(/^\.\.2026_11_21_08_00_05\.\d+$/);
    expect(readlinkSync(path('key'))).toBe('..data/key');
    expect(readlinkSync(path('deep'))).toBe('..data/deep');
    expect(readFileSync(path('deep/er/key'), 'utf8')).toBe('two');
    expect([mode(''), mode('key'), mode('..data'), mode('deep/er/key')]).toEqual([
      '777',
      '400',
      '755',
      '644',
    ]);
  });

  it('are switched as a whole: new ones appear, stale ones and the old directory go', async () => {
    await volumes.apply('v', { version: '1', files: [file('a', '1'), file('b', '1')] });
    const before = readlinkSync(path('..data'));
    await volumes.apply('v', { version: '2', files: [file('b', '2'), file('c', '2')] });
    expect(readdirSync(path()).sort()).toEqual(
      [readlinkSync(path('..data')), '..data', 'b', 'c'].sort(),
    );
    expect(readlinkSync(path('..data'))).not.toBe(before);
    expect(readFileSync(path('b'), 'utf8')).toBe('2');
    await volumes.apply('v', { version: '3', files: [] });
    expect(readdirSync(path()).filter((name) => !name.startsWith('..'))).toEqual([]);
  });

  it.each(['../out', '/abs', 'a/../../out'])('never leave the volume: %s', async (name) => {
    await expect(volumes.apply('v', { version: '1', files: [file(name, 'x')] })).rejects.toThrow(
      `invalid path: ${name}`,
    );
  });

  it('belong to fsGroup and are readable by it', async () => {
    await volumes.apply('v', { version: '1', files: [file('key', 'one', 0o400)], fsGroup: 2000 });
    expect([mode(''), mode('key'), mode('..data')]).toEqual(['2777', '440', '2755']);
    const groups = [statSync(path('key')), statSync(path('..data')), lstatSync(path('key'))];
    expect(groups.map(({ gid }) => gid)).toEqual([2000, 2000, 2000]);
  });
});

describe('emptyDir', () => {
  it('F3: is emptied and open to all', async () => {
    mkdirSync(path('from-image'));
    writeFileSync(path('from-image/file'), 'x');
    await volumes.apply('v', { version: '1', emptyDir: true });
    expect(readdirSync(path())).toEqual([]);
    expect(mode('')).toBe('777');
  });

  it('F2: keeps the mount points of other volumes inside it, and nothing beside them', async () => {
    mkdirSync(path('a/conf'), { recursive: true });
    mkdirSync(path('a/from-image'));
    mkdirSync(path('b'));
    await volumes.apply('v', { version: '1', emptyDir: true, keep: ['a/conf'], sticky: true });
    expect([readdirSync(path()), readdirSync(path('a')), mode('')]).toEqual([
      ['a'],
      ['conf'],
      '1777',
    ]);
  });

  it('with fsGroup it belongs to the group with setgid', async () => {
    await volumes.apply('v', { version: '1', emptyDir: true, fsGroup: 2000 });
    expect([mode(''), statSync(path()).gid]).toEqual(['2777', 2000]);
  });

  it('a directory that is none is left as it is', async () => {
    writeFileSync(path('mine'), 'x');
    await volumes.apply('v', { version: '1' });
    expect(readdirSync(path())).toEqual(['mine']);
  });

  it('a file is read within the volume only', async () => {
    writeFileSync(path('env'), 'x');
    symlinkSync('env', path('link'));
    symlinkSync('/etc/hostname', path('out'));
    expect(
      await Promise.all(
        ['env', 'link', 'out', '../v/env', '../../etc/hostname', 'none', '.'].map((name) =>
          volumes.read('v', name, 100).then((file) => file?.text),
        ),
      ),
    ).toEqual(['x', 'x', undefined, 'x', undefined, undefined, undefined]);
  });

  it('O4: its size counts files, not where links lead', async () => {
    writeFileSync(path('big'), Buffer.alloc(100_000));
    symlinkSync('/usr', path('link'));
    const [bytes, none] = await volumes.usedBytes(['v', 'none']);
    expect(bytes).toBeGreaterThanOrEqual(100_000);
    expect(bytes).toBeLessThan(200_000);
    expect(none).toBe(0);
  });
});
