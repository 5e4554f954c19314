// A LevelDB database of the installation. LevelDB is lenient: it takes a truncated log for a crash, drops damaged blocks with a line
// in a file of its own, and appends after a torn record. Here every write is counted in the database and in a file beside it, so that
// a start notices missing writes, and a failed write is followed by a recovery. See docs/design/local.md.
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Level } from 'level';
import { Unusable } from './unusable.ts';

/** Values are texts, captured at the call. */
export type Operation = { type: 'put'; key: string; value: string } | { type: 'del'; key: string };

export interface DatabaseOptions {
  /** Continue with the remaining data if writes were lost; otherwise the start is refused. */
  acceptLoss?: boolean;
}

/** Sorts after every key of the databases' users. */
const COUNT_KEY = '~~writes';

/** A recovery rewrites the log as a table and starts a new log. */
const SPARE_BYTES = 1024 * 1024;

/** The database's own files next to its directory. */
export const witnessFiles = (name: string): string[] => [`${name}.writes`, `${name}.damage`];

/** The encodings of the database's users do not apply here. */
const TEXT = { valueEncoding: 'utf8' } as const;

/**
 * What LevelDB keeps in memory before it writes a table: 4 MiB, its default, make four times as many tables, which it merges again and
 * again beside the program (16 bytes for each byte that was written; 3 with this).
 */
const WRITE_BUFFER_BYTES = 16 * 1024 * 1024;

/** A Level database of any implementation. */
type Located = { readonly location: string };

/** Level's original methods: dynalite overrides them with callback versions. */
const {
  batch,
  close,
  get,
  open,
}: {
  open(options: { writeBufferSize: number }): Promise<void>;
  close(): Promise<void>;
  get(key: string, options: typeof TEXT): Promise<string | undefined>;
  batch(operations: Operation[], options: typeof TEXT): Promise<void>;
} = Level.prototype as Level;

/** Opens the database, or throws Unusable with the reason. */
export async function openDatabase(
  level: Located,
  options: DatabaseOptions = {},
): Promise<Database> {
  const database = new Database(level);
  await database.open(options.acceptLoss ?? false);
  return database;
}

export class Database {
  readonly #level: Located;
  readonly #witness: string;
  readonly #damage: string;
  #file: number | undefined;
  #count = 0;
  /** A write failed: the next start would drop whatever follows its torn record in the log. */
  #torn = false;
  #waiting: { group: Operation[]; landed: Promise<void> } | undefined;
  #inFlight: Promise<void> = Promise.resolve();

  constructor(level: Located) {
    this.#level = level;
    const [writes = '', damage = ''] = witnessFiles(level.location);
    this.#witness = writes;
    this.#damage = damage;
  }

  async open(acceptLoss: boolean): Promise<void> {
    const known = existsSync(this.#damage) ? readFileSync(this.#damage, 'utf8') : undefined;
    if (known !== undefined && !acceptLoss) {
      // A Level opens itself in the next turn unless it is closed.
      await close.call(this.#level);
      throw damaged(this.#level.location, known);
    }
    await this.#openLevel();
    const counted = await this.#counted();
    const problem = droppedBytes(this.#level.location) ?? missing(counted, this.#witnessed());
    if (problem !== undefined && !acceptLoss) {
      // This start's recovery has removed the evidence, so it is recorded for the next start.
      writeFileSync(this.#damage, problem, { mode: 0o600 });
      await close.call(this.#level);
      throw damaged(this.#level.location, problem);
    }
    rmSync(this.#damage, { force: true });
    this.#count = counted;
    this.#file = openSync(this.#witness, existsSync(this.#witness) ? 'r+' : 'w', 0o600);
    this.#note();
  }

  /** All or nothing. Writes that arrive while a batch is in progress go into the next one. */
  write(operations: readonly Operation[]): Promise<void> {
    if (this.#waiting !== undefined) {
      this.#waiting.group.push(...operations);
      return this.#waiting.landed;
    }
    const group = [...operations];
    const landed = this.#inFlight.then(() => {
      this.#waiting = undefined;
      return this.#land(group);
    });
    this.#waiting = { group, landed };
    // A failed batch is the error of its own writers, not of the next group.
    this.#inFlight = landed.catch(() => undefined);
    return landed;
  }

  async close(): Promise<void> {
    await this.#inFlight;
    await close.call(this.#level);
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  async #land(group: Operation[]): Promise<void> {
    if (this.#torn) await this.#recover();
    const count = this.#count + 1;
    try {
      await batch.call(
        this.#level,
        [...group, { type: 'put', key: COUNT_KEY, value: String(count) }],
        TEXT,
      );
    } catch (error) {
      this.#torn = true;
      throw error;
    }
    this.#count = count;
    this.#note();
  }

  /** Closes and reopens the database once there is space for it; until then it stays open for reads. */
  async #recover(): Promise<void> {
    const { bavail, bsize } = statfsSync(this.#level.location);
    if (bavail * bsize < logBytes(this.#level.location) + SPARE_BYTES)
      throw new Error(`no space is left for ${this.#level.location}`);
    await close.call(this.#level);
    await this.#openLevel();
    const counted = await this.#counted();
    const problem = missing(counted, this.#count);
    if (problem !== undefined) throw damaged(this.#level.location, problem);
    this.#count = counted;
    this.#torn = false;
  }

  async #openLevel(): Promise<void> {
    try {
      await open.call(this.#level, { writeBufferSize: WRITE_BUFFER_BYTES });
    } catch (error) {
      const { code, message } = (error instanceof Error ? (error.cause ?? error) : {}) as {
        code?: string;
        message?: string;
      };
      const { location } = this.#level;
      if (code === 'LEVEL_LOCKED')
        throw new Unusable(`another droppod uses ${dirname(location)}`, { cause: error });
      throw new Unusable(
        `the database ${location} cannot be opened (${message ?? String(error)}): where it is damaged, restore ${dirname(location)} from a copy, or remove it to start anew`,
        { cause: error },
      );
    }
  }

  async #counted(): Promise<number> {
    return Number((await get.call(this.#level, COUNT_KEY, TEXT)) ?? 0);
  }

  #witnessed(): number {
    return existsSync(this.#witness) ? Number(readFileSync(this.#witness, 'utf8')) || 0 : 0;
  }

  // In place and with constant length, so that it needs no space on a full disk. Without fsync, like the database: it survives the process.
  #note(): void {
    if (this.#file !== undefined)
      writeSync(this.#file, `${String(this.#count).padStart(16, '0')}\n`, 0);
  }
}

function missing(counted: number, witnessed: number): string | undefined {
  return counted < witnessed ? `its last ${witnessed - counted} writes are missing` : undefined;
}

/** What LevelDB logged about data that it dropped while opening. */
function droppedBytes(location: string): string | undefined {
  const file = join(location, 'LOG');
  if (!existsSync(file)) return undefined;
  return /dropping \d+ bytes; Corruption: .*/.exec(readFileSync(file, 'utf8'))?.[0];
}

function logBytes(location: string): number {
  return readdirSync(location)
    .filter((name) => name.endsWith('.log'))
    .reduce((sum, name) => sum + statSync(join(location, name)).size, 0);
}

function damaged(location: string, problem: string): Unusable {
  const directory = dirname(location);
  return new Unusable(
    `the database ${basename(location)} in ${directory} is damaged (${problem}), so acknowledged writes may be lost: restore ${directory} from a copy, or go on with what is left by ./droppod up --accept-loss --data ${directory}`,
  );
}
