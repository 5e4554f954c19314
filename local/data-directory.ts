// The data directory: private to its owner, droppod's alone, and in the hands of one process at a time.
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  rmdirSync,
} from 'node:fs';
import { join } from 'node:path';
import { Level } from 'level';
import { witnessFiles } from './database.ts';
import { Unusable } from './unusable.ts';

const DATABASES = ['dynamodb', 'engine', 'states'];
const KEYS = 'installation.json';
const LOCK = 'lock';

/** Worth nothing without the keys: the pods' objects, tasks, executions and logs. */
const DATA = [...DATABASES, ...DATABASES.flatMap(witnessFiles), 'versions', 'logs'];

/** All that droppod makes in its directory. */
const KNOWN: ReadonlySet<string> = new Set([
  ...DATA,
  KEYS,
  `${KEYS}.new`,
  LOCK,
  'kubeconfig',
  'env',
  'pid',
  'log',
  'steps.jsonl',
  'steps.jsonl.1',
]);

/** What may lie beside them and stays: mkfs' own, the log of an engine that was started for droppod, and what other commands keep here. */
const NEIGHBOURS = new Set(['lost+found', 'dockerd.log', 'aws', 'localstack']);

/** Makes the directory, or takes it over where it is empty or droppod's; its owner alone may enter it then. */
export function claimDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { uid, mode } = lstatSync(`${directory}/`);
  const own = process.getuid?.();
  if (own !== undefined && uid !== own)
    throw new Unusable(
      `${directory} belongs to user ${uid}, who could put other keys in it: choose another directory with --data DIR`,
    );
  if (!existsSync(join(directory, KEYS))) checkFresh(directory);
  if ((mode & 0o077) !== 0) chmodSync(directory, 0o700);
}

function checkFresh(directory: string): void {
  const names = readdirSync(directory).filter((name) => !NEIGHBOURS.has(name));
  const foreign = names.filter((name) => !KNOWN.has(name));
  if (foreign.length > 0)
    throw new Unusable(
      `${directory} is not droppod's and not empty (${foreign.slice(0, 3).join(', ')}${foreign.length > 3 ? ' …' : ''}): choose another directory with --data DIR`,
    );
  if (names.some((name) => DATA.includes(name)))
    throw new Unusable(
      `${join(directory, KEYS)} is missing, which holds the keys of the data beside it: restore it from a copy, or remove ${directory} to start anew`,
    );
}

/** Takes the directory for this process; undefined while another one has it. The kernel drops LevelDB's lock with its process. */
export async function lockDirectory(directory: string): Promise<(() => Promise<void>) | undefined> {
  const level = new Level(join(directory, LOCK));
  try {
    await level.open();
  } catch (error) {
    const { code, message } = (error instanceof Error ? (error.cause ?? error) : {}) as {
      code?: string;
      message?: string;
    };
    if (code === 'LEVEL_LOCKED') return undefined;
    throw new Unusable(`${join(directory, LOCK)} cannot be opened (${message ?? String(error)})`, {
      cause: error,
    });
  }
  return () => level.close();
}

/** Removes what droppod made, and the directory where nothing else is in it; answers what stays. */
export function purgeDirectory(directory: string): string[] {
  if (!existsSync(directory)) return [];
  for (const name of readdirSync(directory))
    if (KNOWN.has(name)) rmSync(join(directory, name), { recursive: true, force: true });
  const left = readdirSync(directory);
  if (left.length > 0) return left;
  try {
    rmdirSync(directory);
  } catch {
    // A mount point, or in a directory that is not ours: empty is as far as it goes.
  }
  return left;
}
