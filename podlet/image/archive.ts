// Reading and writing archives: files of a tar, an npm package or a Debian package; tars whose bytes depend only on their content.
import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { extract, pack } from 'tar-stream';
// A CommonJS package whose exports Node does not detect.
import xz from 'xz-decompress';

export interface TreeFile {
  /** Without a leading slash. */
  name: string;
  mode: number;
  /** Absent: a directory. */
  content?: Buffer;
}

/** A tar of these files in order, without times, owners or names of this machine. */
export function tarOf(files: readonly TreeFile[]): Promise<Buffer> {
  const tar = pack();
  const whole = buffer(tar);
  for (const { name, mode, content } of files) {
    const entry = { name, mode, mtime: new Date(0) };
    if (content === undefined) tar.entry({ ...entry, type: 'directory' });
    else tar.entry(entry, content);
  }
  tar.finalize();
  return whole;
}

/** One file of an npm package (`package/` is its root); undefined: there is none of this name. */
export async function fileOfNpmPackage(tgz: Buffer, name: string): Promise<Buffer | undefined> {
  return (await filesOfTar(gunzipSync(tgz), [`package/${name}`])).get(`package/${name}`);
}

/** Files of a Debian package by their paths, links followed; throws where one is missing. */
export async function filesOfDebianPackage(
  deb: Buffer,
  names: readonly string[],
): Promise<Map<string, Buffer>> {
  const packed = memberOfAr(deb, 'data.tar.xz');
  const source = new ReadableStream<Uint8Array>({
    start: (controller) => {
      controller.enqueue(packed);
      controller.close();
    },
  });
  const files = await filesOfTar(
    await buffer(new xz.XzReadableStream(source) as unknown as AsyncIterable<Uint8Array>),
    names,
  );
  const missing = names.filter((name) => !files.has(name));
  if (missing.length > 0) throw new Error(`the package has no ${missing.join(', ')}`);
  return files;
}

const AR_MAGIC = '!<arch>\n';
const AR_HEADER = 60;

/** Content of a member of a Unix archive: 60-byte headers, contents padded to even length. */
function memberOfAr(archive: Buffer, wanted: string): Buffer {
  if (archive.toString('latin1', 0, AR_MAGIC.length) !== AR_MAGIC)
    throw new Error('not a Debian package: no archive');
  for (let at = AR_MAGIC.length; at + AR_HEADER <= archive.length;) {
    const name = archive
      .toString('latin1', at, at + 16)
      .trim()
      .replace(/\/$/, '');
    const size = Number(archive.toString('latin1', at + 48, at + 58));
    if (!Number.isInteger(size) || size < 0) throw new Error('not a Debian package: bad header');
    const start = at + AR_HEADER;
    if (name === wanted) return archive.subarray(start, start + size);
    at = start + size + (size % 2);
  }
  throw new Error(`not a Debian package of today: no ${wanted}`);
}

async function filesOfTar(tar: Buffer, names: readonly string[]): Promise<Map<string, Buffer>> {
  const contents = new Map<string, Buffer>();
  const links = new Map<string, string>();
  const unpack = extract();
  Readable.from([tar]).pipe(unpack);
  for await (const entry of unpack) {
    const name = entry.header.name.replace(/^\.\//, '');
    if (entry.header.type === 'symlink' && entry.header.linkname)
      links.set(name, posix.join(posix.dirname(name), entry.header.linkname));
    if (entry.header.type === 'file' && wants(name, names)) contents.set(name, await buffer(entry));
    else entry.resume();
  }
  return new Map(
    names.flatMap((name) => {
      const content = contents.get(links.get(name) ?? name);
      return content === undefined ? [] : [[name, content] as const];
    }),
  );
}

/** A library's link may come before or after its file, whose name starts with the link's. */
const wants = (name: string, names: readonly string[]): boolean =>
  names.some((one) => name === one || name.startsWith(`${one}.`));
