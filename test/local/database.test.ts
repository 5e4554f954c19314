// A database damaged while closed is refused, with advice; a full disk is survived.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Level } from 'level';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../local/database.ts';
import { openNumberFloor, checkFloor } from '../../local/number-floor.ts';

let directory: string;
let location: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'droppod-database-'));
  location = join(directory, 'data');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const WRITES = 600;

/** Writes keys one after another and closes, leaving the database as a kill would. */
async function fill(): Promise<void> {
  const database = await openDatabase(new Level(location));
  for (let number = 0; number < WRITES; number++)
    await database.write([{ type: 'put', key: `k${number}`, value: 'v'.repeat(300) }]);
  await database.close();
}

const logFile = (): string =>
  join(location, readdirSync(location).find((name) => name.endsWith('.log')) ?? '');

function flip(at: (size: number) => number): void {
  const bytes = readFileSync(logFile());
  const index = at(bytes.length);
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  writeFileSync(logFile(), bytes);
}

const keys = async (level: Level): Promise<number> => (await level.keys({ lt: '~' }).all()).length;

describe('a database', () => {
  it('is found again as it was left', async () => {
    await fill();
    const level = new Level(location);
    const database = await openDatabase(level);
    expect(await keys(level)).toBe(WRITES);
    await database.close();
  });

  it.each([
    [
      'one byte flipped early in the log',
      () => flip((size) => size >> 2),
      /data in .* is damaged \(dropping \d+ bytes; Corruption/,
    ],
    [
      'one byte flipped in the last record',
      () => flip((size) => size - 10),
      /is damaged \(dropping/,
    ],
    ['a length flipped in the log', () => flip(() => 2 * 32768 + 5), /is damaged \(dropping/],
    [
      'half of the log',
      () => truncateSync(logFile(), statSync(logFile()).size >> 1),
      /is damaged \(its last \d+ writes are missing\)/,
    ],
    [
      'the last byte of the log gone',
      () => truncateSync(logFile(), statSync(logFile()).size - 1),
      /is damaged \(its last 1 writes are missing\)/,
    ],
    [
      'an emptied log',
      () => truncateSync(logFile(), 0),
      /is damaged \(its last 600 writes are missing\)/,
    ],
    ['no log', () => rmSync(logFile()), /is damaged \(its last 600 writes are missing\)/],
    [
      'nothing left of it',
      () => rmSync(location, { recursive: true }),
      /is damaged \(its last 600 writes are missing\)/,
    ],
  ])(
    'with %s is refused at every start, until the loss is accepted',
    async (_what, hurt, words) => {
      await fill();
      hurt();
      await expect(openDatabase(new Level(location))).rejects.toMatchObject({
        name: 'Unusable',
        message: expect.stringMatching(words),
      });
      // The first open has made LevelDB recover, so that the damage is no longer visible.
      await expect(openDatabase(new Level(location))).rejects.toMatchObject({
        name: 'Unusable',
        message: expect.stringMatching(
          /restore .* from a copy, or go on with what is left by \.\/droppod up --accept-loss --data /,
        ),
      });
      const level = new Level(location);
      const database = await openDatabase(level, { acceptLoss: true });
      expect(await keys(level)).toBeLessThan(WRITES);
      await database.write([{ type: 'put', key: 'more', value: 'v' }]);
      await database.close();
      await (await openDatabase(new Level(location))).close();
    },
  );

  it.each([
    [
      'a damaged manifest',
      () =>
        truncateSync(
          join(location, readdirSync(location).find((name) => name.startsWith('MANIFEST')) ?? ''),
          10,
        ),
    ],
    ['a damaged CURRENT', () => writeFileSync(join(location, 'CURRENT'), 'x')],
  ])('with %s is named, with the cause and what to do', async (_what, hurt) => {
    await fill();
    hurt();
    await expect(openDatabase(new Level(location))).rejects.toMatchObject({
      name: 'Unusable',
      message: expect.stringMatching(
        /^the database .*\/data cannot be opened \(Corruption: .*\): .* restore .* from a copy, or remove it/,
      ),
    });
  });
});

describe('a database in use', () => {
  it('that another process holds is named', async () => {
    const database = await openDatabase(new Level(location));
    await expect(openDatabase(new Level(location))).rejects.toMatchObject({
      name: 'Unusable',
      message: `another droppod uses ${directory}`,
    });
    await database.close();
  });

  it('of a droppod that did not count its writes is taken over', async () => {
    const old = new Level(location);
    await old.open();
    await old.put('a', 'b');
    await old.close();
    const level = new Level(location);
    const database = await openDatabase(level);
    expect(await level.get('a')).toBe('b');
    await database.close();
  });

  it('takes many writes at once, and all of them are there', async () => {
    const level = new Level(location);
    const database = await openDatabase(level);
    await Promise.all(
      Array.from({ length: 500 }, (_, number) =>
        database.write([
          { type: 'put', key: `k${number}`, value: 'v' },
          { type: 'del', key: 'none' },
        ]),
      ),
    );
    await database.close();
    const again = new Level(location);
    const reopened = await openDatabase(again);
    expect(await keys(again)).toBe(500);
    await reopened.close();
  });

  it('on a full disk refuses writes and answers reads, takes writes again when there is space, and loses none that it took', async () => {
    const small = join(directory, 'small');
    mkdirSync(small);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m,mode=700', 'tmpfs', small], {
        stdio: 'ignore',
      });
    } catch {
      return console.log('database: no right to mount a tmpfs here, the full disk was left out');
    }
    try {
      location = join(small, 'data');
      const level = new Level(location);
      const database = await openDatabase(level);
      const taken: string[] = [];
      const put = async (key: string): Promise<boolean> => {
        const written = await database.write([{ type: 'put', key, value: key.repeat(500) }]).then(
          () => true,
          () => false,
        );
        if (written) taken.push(key);
        return written;
      };
      for (let number = 0; number < 20; number++) await put(`before-${number}`);
      const filled = join(small, 'fill');
      try {
        for (;;) writeFileSync(filled, Buffer.alloc(4096), { flag: 'a' });
      } catch {
        /* The disk is full now. */
      }
      let refused = 0;
      for (let number = 0; number < 40; number++) if (!(await put(`full-${number}`))) refused += 1;
      expect(refused).toBeGreaterThan(20);
      expect(await level.get('before-3')).toBe('before-3'.repeat(500));
      rmSync(filled);
      for (let number = 0; number < 40; number++) expect(await put(`after-${number}`)).toBe(true);
      // As after a kill: closing flushes nothing.
      const copy = join(directory, 'copy');
      execFileSync('cp', ['-r', small, copy]);
      const killed = new Level(join(copy, 'data'));
      const reopened = await openDatabase(killed);
      for (const key of taken) expect(await killed.get(key)).toBe(key.repeat(500));
      await reopened.close();
      await database.close();
    } finally {
      execFileSync('umount', ['-l', small]);
    }
  });
});

describe('the floor of versions', () => {
  it('is kept where it was raised to, and a counter behind it is refused with what to do', async () => {
    const file = join(directory, 'versions');
    const floor = await openNumberFloor(file);
    expect(floor.highest).toBe(0);
    await floor.raise(12_300);
    await floor.raise(12_400);
    await floor.close();
    const again = await openNumberFloor(file);
    expect(again.highest).toBe(12_400);
    expect(() => checkFloor(directory, again, 12_400)).not.toThrow();
    expect(() => checkFloor(directory, again, 12_399)).toThrow(
      /counts to version 12399, and 12400 was reserved\. Restore .* from a copy, or go on .* --accept-loss/,
    );
    await again.close();
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(existsSync(file)).toBe(true);
  });
});
