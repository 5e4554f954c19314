// The generated schemas on disk: read once, generated when missing.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { own } from '../own.ts';
import { generateKinds } from './generate.ts';
import type { Kinds } from './generate.ts';
import { kindKey, RESOURCES } from './resources.ts';

const here = dirname(fileURLToPath(import.meta.url));
// A bundle has the file beside it; the working tree has it in build/.
const PLACES = [
  join(here, 'kinds', 'schemas.json'),
  join(here, '..', '..', 'build', 'kinds', 'schemas.json'),
];
const BUILD = join(here, '..', '..', 'build', 'kinds', 'schemas.json');

/** Generates, stores and returns the schemas. */
export function writeKinds(): Kinds {
  const kinds = generateKinds();
  mkdirSync(dirname(BUILD), { recursive: true });
  const draft = `${BUILD}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(kinds));
  renameSync(draft, BUILD);
  return kinds;
}

let loaded: Kinds | undefined;

/** The schemas; generates them (once, about a second) if the build has not. */
export function ensureKinds(): Kinds {
  if (loaded !== undefined) return loaded;
  const place = PLACES.find((path) => existsSync(path));
  const found =
    place === undefined ? undefined : (JSON.parse(readFileSync(place, 'utf8')) as Kinds);
  // A working tree whose kinds have grown since the build generates them again.
  const complete =
    found !== undefined &&
    RESOURCES.every((entry) => own(found.kinds, kindKey(entry)) !== undefined);
  loaded = complete ? found : writeKinds();
  return loaded;
}
