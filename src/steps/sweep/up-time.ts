// Since when podlets have been able to reach the API without interruption: only silence after that counts.
import { isMap } from '../../own.ts';
import type { Ports } from '../../ports/ports.ts';

/** Sweeps come every minute; a longer gap means that the API was away. */
const GAP_MS = 150_000;
const KEY = 'sweep';

/** Records this sweep and returns since when sweeps have come without a gap. */
export async function apiUpSince({ store, clock }: Pick<Ports, 'store' | 'clock'>): Promise<Date> {
  const now = clock.now();
  const value = (await store.getRecord(KEY))?.value;
  const last = isMap(value) ? value : {};
  const [at, since] = [last['at'], last['since']];
  const known =
    typeof at === 'string' && typeof since === 'string' && now.getTime() - Date.parse(at) <= GAP_MS;
  const upSince = known && typeof since === 'string' ? new Date(since) : now;
  await store.commit({
    records: [
      { key: KEY, value: { at: now.toISOString(), since: upSince.toISOString() }, expected: 'any' },
    ],
  });
  return upSince;
}
