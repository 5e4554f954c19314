// The data directory: readable only by its owner, used only by droppod, and by one process at a time.
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

/** Useless without the keys: the pods' objects, tasks, executions and logs. */
const DATA = [...DATABASES, ...DATABASES.flatMap(witnessFiles), 'versions', 'logs'];

/** Everything that droppod creates in its directory. */
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

/** Other files that may exist there and stay: mkfs' own, the log of an engine started for droppod, and what other commands keep. */
const NEIGHBOURS = new Set(['lost+found', 'dockerd.log', 'aws', 'localstack']);

/** Creates the directory, or takes it over if it is empty or droppod's; afterwards only its owner may enter it. */
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

/** Locks the directory for this process; undefined while another one has it. LevelDB's lock ends with its process. */
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

/** Removes what droppod created, and the directory if nothing else is in it; returns what is left. */
export function purgeDirectory(directory: string): string[] {
  if (!existsSync(directory)) return [];
  for (const name of readdirSync(directory))
    if (KNOWN.has(name)) rmSync(join(directory, name), { recursive: true, force: true });
  const left = readdirSync(directory);
  if (left.length > 0) return left;
  try {
    rmdirSync(directory);
  } catch {
    // A mount point, or a parent directory of another owner: emptying it has to suffice.
  }
  return left;
}
