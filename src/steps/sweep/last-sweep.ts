// What a sweep leaves to the next one: since when sweeps have come without a gap, and which pod had no turn.
import { isMap } from '../../own.ts';
import type { Ports } from '../../ports/ports.ts';
import { present } from '../../present.ts';

/** Sweeps come every minute; a longer gap means that the API was away. */
const GAP_MS = 150_000;
const KEY = 'sweep';

export interface LastSweep {
  /** Since when podlets have been answered without interruption, as far as sweeps saw: only silence after that counts. */
  upSince: Date;
  /** The uid of the pod whose turn it is; absent: any. */
  next?: string;
}

type Book = Pick<Ports, 'store' | 'clock'>;

async function write({ store, clock }: Book, { upSince, ...rest }: LastSweep): Promise<void> {
  const value = { at: clock.now().toISOString(), since: upSince.toISOString(), ...rest };
  await store.commit({ records: [{ key: KEY, value, expected: 'any' }] });
}

/** Records that a sweep begins; returns what the last one has left. */
export async function beginSweep(ports: Book): Promise<LastSweep> {
  const now = ports.clock.now();
  const value = (await ports.store.getRecord(KEY))?.value;
  const { at, since, next } = isMap(value) ? value : {};
  const known =
    typeof at === 'string' && typeof since === 'string' && now.getTime() - Date.parse(at) <= GAP_MS;
  const last = {
    upSince: known && typeof since === 'string' ? new Date(since) : now,
    // It stays until another sweep leaves off, since a sweep that dies leaves no word.
    ...present({ next: typeof next === 'string' ? next : undefined }),
  };
  await write(ports, last);
  return last;
}

/** Records that podlets are not answered right now: their silence counts from here on at the earliest. */
export async function notAnswering(ports: Book, { next }: LastSweep): Promise<LastSweep> {
  const last = { upSince: ports.clock.now(), ...present({ next }) };
  await write(ports, last);
  return last;
}

/** Records that this sweep's time was over before the turn of `next`. */
export const leaveOff = (ports: Book, upSince: Date, next: string): Promise<void> =>
  write(ports, { upSince, next });
