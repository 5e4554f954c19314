// Downloads: nothing is used unless its hash matches, whoever serves it; and the files that are taken from a package.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileOfNpmPackage, filesOfDebianPackage, tarOf } from '../../../podlet/image/archive.ts';
import { BUN, librariesOf } from '../../../podlet/image/base.ts';
import { downloadBun, downloadLibrary } from '../../../podlet/image/download.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'droppod-download-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const CONTENT = Buffer.from('a library');
const source = {
  path: 'pool/main/l/lib_1_amd64.deb',
  sha256: createHash('sha256').update(CONTENT).digest('hex'),
  files: {},
};

/** Servers by the beginning of their addresses; all others respond 404. */
function servers(answers: Record<string, () => Response>) {
  const asked: string[] = [];
  const get = (url: string | URL | Request): Promise<Response> => {
    asked.push(String(url));
    const [, answer] = Object.entries(answers).find(([at]) => String(url).startsWith(at)) ?? [];
    return Promise.resolve(answer?.() ?? new Response('', { status: 404 }));
  };
  return { asked, get };
}

describe('a library', () => {
  it('comes from the first server that has the pinned one, and is kept', async () => {
    const { asked, get } = servers({
      'https://mirror.example/': () => new Response('another'),
      'https://snapshot.debian.org/': () => new Response(CONTENT),
    });
    const downloads = { directory, mirror: 'https://mirror.example/debian/', fetch: get };
    expect(await downloadLibrary(downloads, source)).toEqual(CONTENT);
    expect(asked.map((url) => new URL(url).host)).toEqual([
      'mirror.example',
      'deb.debian.org',
      'snapshot.debian.org',
    ]);
    expect(asked[0]).toBe('https://mirror.example/debian/pool/main/l/lib_1_amd64.deb');
    expect(await downloadLibrary(downloads, source)).toEqual(CONTENT);
    expect(asked).toHaveLength(3);
    expect(readdirSync(directory)).toEqual(['lib_1_amd64.deb']);
  });

  it('that was kept damaged is fetched again', async () => {
    const { get } = servers({ 'https://deb.debian.org/': () => new Response(CONTENT) });
    writeFileSync(join(directory, 'lib_1_amd64.deb'), 'half');
    expect(await downloadLibrary({ directory, fetch: get }, source)).toEqual(CONTENT);
    expect(readFileSync(join(directory, 'lib_1_amd64.deb'))).toEqual(CONTENT);
  });

  it('that nobody has is an error that says who was asked and what helps', async () => {
    const { get } = servers({ 'https://deb.debian.org/': () => new Response('another') });
    await expect(downloadLibrary({ directory, fetch: get }, source)).rejects.toThrow(
      /^lib_1_amd64.deb could not be fetched \(https:\/\/deb.debian.org\/debian: its hash is not .*; https:\/\/snapshot.*: HTTP 404\); DROPPOD_DEBIAN_MIRROR names another mirror$/,
    );
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe('Bun', () => {
  const PATH = process.env['PATH'];
  afterEach(() => {
    process.env['PATH'] = PATH;
  });

  /** An npm that packs the given package, or fails. */
  function npmThat(does: string): void {
    const bin = join(directory, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'npm'), `#!/bin/sh\n${does}\n`, { mode: 0o755 });
    process.env['PATH'] = `${bin}:${PATH}`;
  }
  const bun = { package: '@oven/bun-linux-x64', version: '1.2.3' };

  it('is what npm packs, when its integrity is the pinned one', async () => {
    npmThat('printf packed > "$4/oven-bun-linux-x64-1.2.3.tgz"; echo "$@" > "$4/../said"');
    const integrity = `sha512-${createHash('sha512').update('packed').digest('base64')}`;
    expect(String(await downloadBun({ directory }, { ...bun, integrity }))).toBe('packed');
    expect(readFileSync(join(directory, 'said'), 'utf8')).toMatch(
      /^pack @oven\/bun-linux-x64@1.2.3 --pack-destination \S+ --ignore-scripts --dry-run=false$/m,
    );
    await expect(downloadBun({ directory }, { ...bun, integrity: 'sha512-other' })).rejects.toThrow(
      'is not what podlet/image/base.ts pins',
    );
    expect(readdirSync(directory).filter((name) => name.startsWith('npm-'))).toEqual([]);
  });

  it('that npm cannot fetch is an error with npm’s reason', async () => {
    npmThat(
      'echo "npm error code E404" >&2; echo "npm error 404 Not Found" >&2; echo "npm error A complete log of this run can be found in: /x" >&2; exit 1',
    );
    await expect(downloadBun({ directory }, { ...bun, integrity: '' })).rejects.toThrow(
      'npm could not fetch @oven/bun-linux-x64@1.2.3: npm error 404 Not Found',
    );
  });
});

describe('archives', () => {
  /** A Unix archive with these members. */
  const ar = (members: Record<string, Buffer>): Buffer =>
    Buffer.concat([
      Buffer.from('!<arch>\n'),
      ...Object.entries(members).flatMap(([name, content]) => [
        Buffer.from(
          `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${String(content.length).padEnd(10)}\`\n`,
        ),
        content,
        Buffer.from('\n'.repeat(content.length % 2)),
      ]),
    ]);

  it('a Debian package gives its files, links followed', async () => {
    const root = join(directory, 'root');
    mkdirSync(join(root, 'usr/lib'), { recursive: true });
    writeFileSync(join(root, 'usr/lib/liba.so.1.2'), 'elf');
    execFileSync('ln', ['-s', 'liba.so.1.2', join(root, 'usr/lib/liba.so.1')]);
    const data = execFileSync('tar', ['-C', root, '-cJf', '-', '.']);
    const deb = ar({ 'debian-binary': Buffer.from('2.0\n'), 'data.tar.xz': data });
    const files = await filesOfDebianPackage(deb, ['usr/lib/liba.so.1']);
    expect(files.get('usr/lib/liba.so.1')?.toString()).toBe('elf');
    await expect(filesOfDebianPackage(deb, ['usr/lib/libb.so.1'])).rejects.toThrow(
      'the package has no usr/lib/libb.so.1',
    );
  });

  it.each([
    ['a page', Buffer.from('<html>'), 'no archive'],
    ['another compression', ar({ 'data.tar.zst': Buffer.from('x') }), 'no data.tar.xz'],
    ['half a header', Buffer.from(`!<arch>\n${'x'.repeat(60)}`), 'bad header'],
  ])('%s is no package', async (_, deb, message) => {
    await expect(filesOfDebianPackage(deb, [])).rejects.toThrow(message);
  });

  it('a file of an npm package is found by its path; a missing one is not there', async () => {
    const file = { name: 'package/bin/node', mode: 0o755, content: Buffer.from('elf') };
    const tgz = gzipSync(await tarOf([file]));
    expect(String(await fileOfNpmPackage(tgz, 'bin/node'))).toBe('elf');
    expect(await fileOfNpmPackage(tgz, 'bin/npm')).toBeUndefined();
  });

  it('a tar has nothing of the machine or the hour in it', async () => {
    const files = [
      { name: 'tmp/', mode: 0o1777 },
      { name: 'a', mode: 0o644, content: Buffer.from('a') },
    ];
    const digest = createHash('sha256')
      .update(await tarOf(files))
      .digest('hex');
    expect(digest).toBe('d5a836eceab7b4facdc6132b055a84b1876369f2478181af58035a213572475a');
  });
});

it('both architectures are pinned alike: Node’s version, and each package with its files', () => {
  expect(BUN.amd64.version).toBe(BUN.arm64.version);
  const shape = (architecture: 'amd64' | 'arm64') =>
    librariesOf(architecture).map(({ path, files }) => [
      path.replace(/_(amd64|arm64)\.deb$/, ''),
      Object.keys(files).length,
    ]);
  expect(shape('arm64')).toEqual(shape('amd64'));
});
