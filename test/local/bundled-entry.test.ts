// Entry points as JavaScript (local/bundled-entry.mjs).
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { bundledEntry } from '../../local/bundled-entry.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const directory = (): string => realpathSync(mkdtempSync(join(tmpdir(), 'bundled-entry-')));

/** An entry point and where its bundles go. */
function entryOf(text: string, name = 'entry.ts'): { entry: string; build: string } {
  const entry = join(directory(), name);
  writeFileSync(entry, text);
  return { entry, build: directory() };
}

/** A directory from which packages are found, for the time of `use`. */
async function inBuild(use: (path: string) => Promise<void>): Promise<void> {
  mkdirSync(join(ROOT, 'build'), { recursive: true });
  const path = mkdtempSync(join(ROOT, 'build', 'bundled-entry-'));
  await use(path).finally(() => rmSync(path, { recursive: true }));
}

const valued = (value: number): string => `export const value: number = ${value};\n`;

const textOf = async (entry: string, build: string): Promise<string> =>
  readFileSync((await bundledEntry(entry, build)) ?? '', 'utf8');

describe('a bundle is made', () => {
  it('again only where its source has changed', async () => {
    const { entry, build } = entryOf(valued(1));
    const file = (await bundledEntry(entry, build)) ?? '';
    const made = statSync(file).mtimeMs;
    expect(await bundledEntry(entry, build)).toBe(file);
    expect(statSync(file).mtimeMs).toBe(made);
    writeFileSync(entry, valued(2));
    expect(await textOf(entry, build)).toContain('2');
  });

  it.each(['bundle', 'list'])('again where the %s was cut off', async (which) => {
    const { entry, build } = entryOf(valued(1));
    const file = (await bundledEntry(entry, build)) ?? '';
    writeFileSync(which === 'bundle' ? file : join(build, 'entry.json'), '');
    expect(await textOf(entry, build)).toContain('1');
  });

  it.each(['null', '{}', '[]', '{"file":"x","hashes":null}', '{"file":"x","hashes":{}}'])(
    'again where the list is %s',
    async (list) => {
      const { entry, build } = entryOf(valued(1));
      writeFileSync(join(build, 'entry.json'), list);
      expect(await textOf(entry, build)).toContain('1');
    },
  );

  it('again where a source has changed while it was made', async () => {
    const { entry, build } = entryOf(valued(1));
    const making = bundledEntry(entry, build);
    // esbuild reads it within the first second, and is not done before.
    const changes = setInterval(() => writeFileSync(entry, valued(2)), 1);
    await making.finally(() => clearInterval(changes));
    expect(await textOf(entry, build)).toContain('2');
  });

  it('by two starts at once', async () => {
    const { entry, build } = entryOf(valued(1));
    const files = await Promise.all([bundledEntry(entry, build), bundledEntry(entry, build)]);
    expect(files[0]).toBe(files[1]);
    expect(await textOf(entry, build)).toContain('1');
  });

  it('not of sources that are wrong', async () => {
    const { entry, build } = entryOf('export const value: number = ;\n');
    await expect(bundledEntry(entry, build)).rejects.toThrow('Unexpected ";"');
  });
});

describe('a module of a bundle', () => {
  it('finds files beside its source', async () => {
    const { entry, build } = entryOf('console.log(import.meta.url);\n', 'it s ö.ts');
    const file = (await bundledEntry(entry, build)) ?? '';
    const here = execFileSync(process.execPath, [file]).toString().trim();
    expect(fileURLToPath(here)).toBe(entry);
  });

  it('makes bundles like the module that was not bundled', async () => {
    const { entry, build } = entryOf('console.log(import.meta.url);\n');
    const maker = `import { bundledEntry } from '${ROOT}local/bundled-entry.mjs';
      console.log(await bundledEntry(...process.argv.slice(2)));`;
    await inBuild(async (made) => {
      const twin = (await bundledEntry(entryOf(maker).entry, made)) ?? '';
      const file = execFileSync(process.execPath, [twin, entry, build]).toString().trim();
      expect(execFileSync(process.execPath, [file]).toString().trim()).toBe(
        pathToFileURL(entry).href,
      );
    });
  });
});

describe('without a bundle', () => {
  it('where nobody may make a directory, not even root', async () => {
    const { entry } = entryOf(valued(1));
    expect(await bundledEntry(entry, '/sys/droppod')).toBeUndefined();
  });

  it('where a file is in the way', async () => {
    const { entry, build } = entryOf(valued(1));
    writeFileSync(join(build, 'file'), '');
    expect(await bundledEntry(entry, join(build, 'file'))).toBeUndefined();
  });

  it('where packages cannot be found from what is behind a link', async () => {
    const { entry, build } = entryOf(valued(1));
    await inBuild(async (made) => {
      symlinkSync(build, join(made, 'link'));
      expect(await bundledEntry(entry, join(made, 'link'))).toBeUndefined();
    });
  });
});

it('keeps the latest five bundles, which running processes may still load parts of', async () => {
  const { entry, build } = entryOf(valued(0));
  for (let value = 1; value <= 7; value++) {
    writeFileSync(entry, valued(value));
    const file = (await bundledEntry(entry, build)) ?? '';
    utimesSync(dirname(file), value, value);
  }
  const last = (await bundledEntry(entry, build)) ?? '';
  expect(existsSync(last)).toBe(true);
  expect(readdirSync(join(build, 'entry'))).toHaveLength(5);
});
