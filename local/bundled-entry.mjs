// @ts-check
// An entry point as one file of JavaScript. Loaded as TypeScript each process and thread needs a loader, and with it a thread and a
// heap more, a second to start, and functions that name themselves whenever they are made.
// This file is JavaScript, since it runs before anything can load TypeScript.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Bundles that a running process may still load parts of. */
const KEPT = 5;

/**
 * @typedef {Record<string, string>} Hashes Of the content of files, each by its path in the working tree.
 * @typedef {{ file: string, hashes: Hashes }} Made A bundle's entry by its path in the working tree, and what it was made from and into.
 */

/**
 * The bundle of the entry point `entry` (an absolute path), made anew in `directory` where it or one of its sources has changed; returns
 * the path of its entry. What the entry loads late is in files of their own beside it. undefined: this user may not write there.
 * @param {string} entry
 * @param {string} directory
 * @returns {Promise<string | undefined>}
 */
export async function bundledEntry(entry, directory = join(ROOT, 'build', 'local')) {
  const bundles = join(directory, basename(entry, '.ts'));
  const list = `${bundles}.json`;
  const made = parseMade((await content(list))?.toString());
  if (made !== undefined && (await isCurrent(made))) return join(ROOT, made.file);
  try {
    const { file, files, sources } = await bundle(entry, bundles);
    for (const { path, contents } of files) await intoPlace(path, contents);
    const hashesOfAll = await hashes([
      ...sources,
      ...files.map(({ path }) => relative(ROOT, path)),
    ]);
    await intoPlace(list, JSON.stringify({ file: relative(ROOT, file), hashes: hashesOfAll }));
    await removeOld(bundles);
    return file;
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes(codeOf(error))) throw error;
    return undefined;
  }
}

/** @param {unknown} error */
const codeOf = (error) => (error instanceof Error && 'code' in error ? String(error.code) : '');

/**
 * The content of a file; undefined where there is none.
 * @param {string} path
 */
async function content(path) {
  try {
    return await readFile(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined;
    throw error;
  }
}

/**
 * A list that a crash of the machine has cut off is none.
 * @param {string} text
 * @returns {Made | undefined}
 */
function parseMade(text = '') {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @param {Made} made */
async function isCurrent(made) {
  const now = await hashes(Object.keys(made.hashes));
  return JSON.stringify(now) === JSON.stringify(made.hashes);
}

/**
 * Packages stay outside: they are found from build/ as from here.
 * @param {string} entry
 * @param {string} bundles
 */
async function bundle(entry, bundles) {
  const { build } = await import('esbuild');
  // The name of a bundle's directory is the hash of what is in it; all of them are equally deep.
  const draft = join(bundles, 'draft');
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [relative(ROOT, entry)],
    outdir: draft,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    sourcemap: 'linked',
    sourcesContent: false,
    metafile: true,
    write: false,
    logLevel: 'error',
    plugins: [ownUrls(draft)],
  });
  const hash = createHash('sha256');
  for (const { contents } of outputFiles) hash.update(contents);
  const directory = join(bundles, hash.digest('hex').slice(0, 16));
  return {
    file: join(directory, `${basename(entry, '.ts')}.mjs`),
    files: outputFiles.map(({ path, contents }) => ({
      path: join(directory, relative(draft, path)),
      contents,
    })),
    // What makes the bundle is one of its sources.
    sources: [...Object.keys(metafile.inputs), 'local/bundled-entry.mjs'],
  };
}

/**
 * A module that looks for files beside itself finds them beside its source.
 * @param {string} directory Where the bundle will be.
 * @returns {import('esbuild').Plugin}
 */
const ownUrls = (directory) => ({
  name: 'own-urls',
  setup(build) {
    build.onLoad({ filter: /\.(ts|mjs)$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const place = JSON.stringify(relative(directory, path));
      return {
        loader: path.endsWith('.ts') ? 'ts' : 'js',
        contents: text.replaceAll('import.meta.url', `new URL(${place}, import.meta.url).href`),
      };
    });
  },
});

/**
 * @param {string[]} paths
 * @returns {Promise<Hashes>}
 */
async function hashes(paths) {
  const entries = await Promise.all(
    paths.map(async (path) => {
      const hash = createHash('sha256').update((await content(join(ROOT, path))) ?? '');
      return [path, hash.digest('hex')];
    }),
  );
  return Object.fromEntries(entries);
}

let drafts = 0;

/**
 * Two starts at once may write the same file.
 * @param {string} file
 * @param {Uint8Array | string} content
 */
async function intoPlace(file, content) {
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.${++drafts}`;
  await writeFile(temporary, content);
  await rename(temporary, file);
}

/** @param {string} bundles */
async function removeOld(bundles) {
  const directories = (await readdir(bundles)).map((name) => join(bundles, name));
  const ages = await Promise.all(
    directories.map(async (path) => ({ path, madeAt: (await stat(path)).mtimeMs })),
  );
  const old = ages.toSorted((a, b) => b.madeAt - a.madeAt).slice(KEPT);
  for (const { path } of old) await rm(path, { recursive: true, force: true });
}
