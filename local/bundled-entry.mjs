// @ts-check
// An entry point as JavaScript, one file and those that it loads late. Loaded as TypeScript each process and thread needs a loader, and with it a thread and a
// heap more, a second to start, and functions that name themselves whenever they are made.
// This file is JavaScript, since it runs before anything can load TypeScript.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Bundles that a running process may still load parts of. */
const KEPT = 5;

/** In parts, since bundles replace the whole. */
const OWN_URL = ['import', 'meta', 'url'].join('.');

/**
 * @typedef {Record<string, string>} Hashes Of the content of files, each by its path in the working tree.
 * @typedef {{ file: string, hashes: Hashes }} Made A bundle's entry by its path in the working tree, and what it was made from and into.
 * @typedef {{ file: string, files: { path: string, contents: Uint8Array }[], hashes: Hashes }} Bundle
 */

/**
 * The bundle of the entry point `entry` (an absolute path), made anew in `directory` where it or one of its sources has changed; returns
 * the path of its entry. What the entry loads late is in files of their own beside it. undefined: nothing can be written there, or what
 * lies there does not find the packages. Throws what is wrong with the sources.
 * @param {string} entry
 * @param {string} directory
 * @returns {Promise<string | undefined>}
 */
export async function bundledEntry(entry, directory = join(ROOT, 'build', 'local')) {
  const bundles = join(directory, basename(entry, '.ts'));
  const list = `${bundles}.json`;
  const made = parseMade((await content(list))?.toString());
  if (made !== undefined && (await isCurrent(made))) return withPackages(join(ROOT, made.file));
  const bundle = await bundled(entry, bundles);
  try {
    for (const { path, contents } of bundle.files) await intoPlace(path, contents);
    const { file, hashes } = bundle;
    await intoPlace(list, JSON.stringify({ file: relative(ROOT, file), hashes }));
  } catch {
    // A read-only or full disk, or somebody else's directory: nobody needs a bundle to go on.
    return undefined;
  }
  await removeOld(bundles);
  return withPackages(bundle.file);
}

/**
 * Node looks for packages from where a file really is.
 * @param {string} file
 */
async function withPackages(file) {
  const inside = relative(ROOT, file) === relative(await realpath(ROOT), await realpath(file));
  return inside || relative(ROOT, file).startsWith('..') ? file : undefined;
}

/**
 * undefined: it cannot be read, so it is not what it was.
 * @param {string} path
 */
const content = (path) => readFile(path).catch(() => undefined);

/** @param {string | Uint8Array} text */
const hashOf = (text) => createHash('sha256').update(text).digest('hex');

/**
 * A list that a crash of the machine has cut off is none.
 * @param {string} text
 * @returns {Made | undefined}
 */
function parseMade(text = '') {
  try {
    const made = JSON.parse(text);
    return typeof made.file === 'string' && typeof (made.hashes ?? 0) === 'object'
      ? made
      : undefined;
  } catch {
    return undefined;
  }
}

/** @param {Made} made */
async function isCurrent({ hashes }) {
  const same = await Promise.all(
    Object.entries(hashes).map(async ([path, hash]) => {
      const now = await content(join(ROOT, path));
      return now !== undefined && hashOf(now) === hash;
    }),
  );
  return same.length > 0 && same.every(Boolean);
}

/**
 * Packages stay outside: they are found from build/ as from here.
 * @param {string} entry
 * @param {string} bundles
 * @returns {Promise<Bundle>}
 */
async function bundled(entry, bundles) {
  // What makes the bundle is one of its sources. Each is noted as it was read: it may change meanwhile.
  const maker = fileURLToPath(import.meta.url);
  /** @type {Hashes} */
  const hashes = { [relative(ROOT, maker)]: hashOf(await readFile(maker)) };
  // The name of a bundle's directory is the hash of what is in it; all of them are equally deep.
  const draft = join(bundles, 'draft');
  const { outputFiles } = await withEsbuild(({ build }) =>
    build({
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
      write: false,
      logLevel: 'error',
      plugins: [noting(hashes, draft)],
    }),
  );
  const directory = join(
    bundles,
    hashOf(outputFiles.map(({ hash }) => hash).join(' ')).slice(0, 16),
  );
  const files = outputFiles.map(({ path, contents }) => ({
    path: join(directory, relative(draft, path)),
    contents,
  }));
  for (const { path, contents } of files) hashes[relative(ROOT, path)] = hashOf(contents);
  return { file: join(directory, `${basename(entry, '.ts')}.mjs`), files, hashes };
}

let atWork = 0;

/**
 * esbuild works in a process of its own, which ends with the last who needs it.
 * @template T
 * @param {(esbuild: typeof import('esbuild')) => Promise<T>} work
 */
async function withEsbuild(work) {
  const esbuild = await import('esbuild');
  atWork++;
  try {
    return await work(esbuild);
  } finally {
    if (--atWork === 0) await esbuild.stop();
  }
}

/**
 * Notes the hash of each source as it is read. A module that looks for files beside itself finds them beside its source.
 * @param {Hashes} hashes
 * @param {string} directory Where the bundle will be.
 * @returns {import('esbuild').Plugin}
 */
const noting = (hashes, directory) => ({
  name: 'noting',
  setup(build) {
    build.onLoad({ filter: /\.(ts|mjs|json)$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      hashes[relative(ROOT, path)] = hashOf(text);
      if (path.endsWith('.json')) return { loader: 'json', contents: text };
      const place = JSON.stringify(relative(directory, path));
      return {
        loader: path.endsWith('.ts') ? 'ts' : 'js',
        contents: text.replaceAll(OWN_URL, `new URL(${place}, ${OWN_URL}).href`),
      };
    });
  },
});

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

/**
 * Another start may be removing the same; what is left over goes another time.
 * @param {string} bundles
 */
async function removeOld(bundles) {
  const names = await readdir(bundles).catch(() => []);
  const ages = await Promise.all(
    names.map(async (name) => {
      const path = join(bundles, name);
      const facts = await stat(path).catch(() => undefined);
      return { path, madeAt: facts?.mtimeMs ?? 0 };
    }),
  );
  const old = ages.toSorted((a, b) => b.madeAt - a.madeAt).slice(KEPT);
  for (const { path } of old)
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
}
