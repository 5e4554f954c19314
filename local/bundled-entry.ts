// The entry point of a thread as one file of JavaScript: a thread that loads TypeScript by itself needs a loader, and with it a thread
// and a heap more.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { own } from '../src/own.ts';
import { absent } from './absent.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What a bundle was made from, and itself: each by its path in the working tree, with the hash of its content. */
type Sources = Record<string, string>;

/**
 * The bundle of the entry point `entry` (an absolute path), made anew in `directory` where it or one of its sources has changed; returns
 * its path. undefined: this user may not write there.
 */
export async function bundledEntry(
  entry: string,
  directory = join(ROOT, 'build', 'local'),
): Promise<string | undefined> {
  const file = join(directory, `${basename(entry, '.ts')}.mjs`);
  const list = `${file}.sources.json`;
  if (await isCurrent(list)) return file;
  try {
    await mkdir(directory, { recursive: true });
    const { code, sources } = await bundle(entry);
    await intoPlace(file, code);
    await intoPlace(
      list,
      JSON.stringify({ ...sources, ...(await hashes([relative(ROOT, file)])) }),
    );
  } catch (error) {
    if (!isUnwritable(error)) throw error;
    return undefined;
  }
  return file;
}

const isUnwritable = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  ['EACCES', 'EPERM', 'EROFS'].includes(String(error.code));

/** A list that a crash of the machine has cut off is none. */
async function isCurrent(list: string): Promise<boolean> {
  const sources = parseSources(await readFile(list, 'utf8').catch(absent));
  const now = await hashes(Object.keys(sources ?? {}));
  return (
    sources !== undefined &&
    Object.keys(sources).every((path) => own(now, path) === own(sources, path))
  );
}

function parseSources(text = ''): Sources | undefined {
  try {
    return JSON.parse(text) as Sources;
  } catch {
    return undefined;
  }
}

/** Packages stay outside: they are found from build/ as from here. */
async function bundle(entry: string): Promise<{ code: Uint8Array; sources: Sources }> {
  const { build } = await import('esbuild');
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [relative(ROOT, entry)],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    metafile: true,
    write: false,
    logLevel: 'error',
  });
  const [code] = outputFiles;
  if (code === undefined) throw new Error(`esbuild gave no bundle of ${entry}`);
  // What makes the bundle is one of its sources.
  const paths = [...Object.keys(metafile.inputs), 'local/bundled-entry.ts'];
  return { code: code.contents, sources: await hashes(paths) };
}

async function hashes(paths: string[]): Promise<Sources> {
  const entries = await Promise.all(
    paths.map(async (path) => {
      const content = await readFile(join(ROOT, path)).catch(absent);
      return [
        path,
        createHash('sha256')
          .update(content ?? '')
          .digest('hex'),
      ] as const;
    }),
  );
  return Object.fromEntries(entries);
}

let drafts = 0;

/** Two starts at once may write the same file. */
async function intoPlace(file: string, content: Uint8Array | string): Promise<void> {
  const temporary = `${file}.${process.pid}.${++drafts}`;
  await writeFile(temporary, content);
  await rename(temporary, file);
}
