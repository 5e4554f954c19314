// F2: content that a start moves between volumes and into the container, on a real file system.
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bringContent } from '../../podlet/content.ts';
import { VolumeFiles } from '../../podlet/files.ts';
import type { StartOrder } from '../../src/protocol/messages.ts';
import { startOrder } from './sync-server.ts';

let root: string;
let volumes: VolumeFiles;
const file = (path: string, text: string, mode = 0o644) => ({
  path,
  mode,
  base64: Buffer.from(text).toString('base64'),
});
const bring = (content: NonNullable<StartOrder['content']>) =>
  bringContent({ ...startOrder(['x']), content }, volumes);
const at = (...parts: string[]): string => join(root, ...parts);

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'droppod-content-'));
  volumes = new VolumeFiles(root, () => new Date('2026-11-21T08:00:05Z'));
  // No container mounts this volume as a whole: it is a directory of the podlet's own.
  await volumes.apply('keys', {
    version: '1',
    files: [file('a', 'one', 0o400), file('tls/crt', 'c'), file('tls/deep/key', 'k', 0o600)],
  });
});
afterEach(() => rmSync(root, { recursive: true }));

describe('the content of a start', () => {
  it('single files come with their mode, for supervise to put into the container', async () => {
    expect(await bring({ files: [{ volume: 'keys', path: 'a', at: '/etc/a' }] })).toEqual({
      copies: [
        {
          path: '/etc/a',
          content: Buffer.from('one').toString('base64'),
          mode: 0o400,
          uid: process.getuid?.(),
          gid: process.getgid?.(),
        },
      ],
    });
  });

  it('a path at which the volume has nothing is an empty directory; one that variables led to a directory brings its files', async () => {
    expect(await bring({ files: [{ volume: 'keys', path: 'no', at: '/etc/no' }] })).toEqual({
      copies: [{ path: '/etc/no', directory: true }],
    });
    expect(await bring({ files: [{ volume: 'keys', path: 'tls', at: '/tls' }] })).toMatchObject({
      copies: [
        { path: '/tls', directory: true },
        { path: '/tls/crt' },
        { path: '/tls/deep/key', mode: 0o600 },
      ],
    });
    expect(await bring({ files: [{ volume: 'keys', path: '../..', at: '/x' }] })).toEqual({
      copies: [{ path: '/x', directory: true }],
    });
  });

  it('directories of volumes become volumes with those files only, as they are at this start', async () => {
    const content = { directories: [{ from: 'keys', path: 'tls', to: 'keys_0_tls' }] };
    await bring(content);
    expect([
      readdirSync(at('keys_0_tls')).sort(),
      readFileSync(at('keys_0_tls/deep/key'), 'utf8'),
      lstatSync(at('keys_0_tls/crt')).isFile(),
    ]).toEqual([['crt', 'deep'], 'k', true]);
    await volumes.apply('keys', { version: '2', files: [file('tls/other', 'o')] });
    expect(readdirSync(at('keys_0_tls')).sort()).toEqual(['crt', 'deep']);
    await bring(content);
    expect(readdirSync(at('keys_0_tls'))).toEqual(['other']);
  });

  it("files and links lie in the copy of an image's directory beside what it has", async () => {
    mkdirSync(at('seed'));
    mkdirSync(at('seed/of-image'));
    const content = {
      files: [
        { volume: 'keys', path: 'a', at: '/etc/app/a', seed: 'seed' },
        { volume: 'keys', path: 'no', at: '/etc/app/no', seed: 'seed' },
      ],
      seedLinks: [{ at: '/etc/app/l', target: '/.droppod/m/v/l', seed: 'seed' }],
    };
    for (const _time of [1, 2]) expect(await bring(content)).toEqual({ copies: [] });
    expect([
      readFileSync(at('seed/a'), 'utf8'),
      statSync(at('seed/no')).isDirectory(),
      readlinkSync(at('seed/l')),
      readdirSync(at('seed')).sort(),
    ]).toEqual(['one', true, '/.droppod/m/v/l', ['a', 'l', 'no', 'of-image']]);
    await volumes.apply('keys', { version: '2', files: [file('no', 'now')] });
    await bring(content);
    expect([
      readFileSync(at('seed/no'), 'utf8'),
      existsSync(at('seed/a')) && statSync(at('seed/a')).isDirectory(),
    ]).toEqual(['now', true]);
  });

  it('what cannot be done is why the container does not start', async () => {
    const failing = {
      ...startOrder(['x']),
      content: { moved: [{ from: 'v', path: 'a', to: 'v_1_a' }] },
    };
    const port = {
      move: () => Promise.reject(new Error('subPath "a" of the volume is no directory')),
      filesAt: () => Promise.resolve(undefined),
      put: () => Promise.resolve(),
    };
    expect(await bringContent(failing, port)).toEqual({
      error: 'failed to prepare subPath: subPath "a" of the volume is no directory',
    });
  });

  it('a volume keeps what is mounted inside it when its files change', async () => {
    mkdirSync(at('outer'));
    mkdirSync(at('outer/in'));
    chmodSync(at('outer/in'), 0o700);
    for (const version of ['1', '2'])
      await volumes.apply('outer', {
        version,
        files: [file('key', version)],
        keep: ['in'],
        fsGroup: process.getgid?.() ?? 0,
      });
    expect([statSync(at('outer/in')).mode & 0o7777, readFileSync(at('outer/key'), 'utf8')]).toEqual(
      [0o700, '2'],
    );
  });
});
