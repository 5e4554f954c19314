// The containers' usage, from two readings of the engine's counters.
import { expect, it } from 'vitest';
import { meterUsage } from '../../podlet/usage-meter.ts';
import type { Counters } from '../../podlet/usage-meter.ts';
import { newWorld } from '../../podlet/world.ts';
import type { PodletIdentity } from '../../podlet/ports.ts';

const identity = { uid: 'u', attempt: 1, taskArn: '', bootId: 'b', boot: 1, containers: [] };

/** The world after so many readings. */
async function after(looks: ({ [name: string]: Counters } | undefined)[]) {
  const world = newWorld(identity as PodletIdentity);
  const stop = new AbortController();
  let look = 0;
  const read = () => Promise.resolve(looks[look++]);
  const clock = {
    now: () => new Date('2026-01-01T00:00:00Z'),
    sleep: () => {
      if (look >= looks.length) stop.abort();
      return Promise.resolve();
    },
  };
  await meterUsage(world, clock, read, stop.signal);
  return world.usage;
}
const at = (seconds: number, cpuNs: number, memoryBytes = 1024): Counters => ({
  at: seconds * 1000,
  cpuNs,
  memoryBytes,
});

it('half a processor over ten seconds', async () =>
  expect(await after([{ c: at(1, 0) }, { c: at(11, 5e9, 2048) }])).toEqual({
    at: '2026-01-01T00:00:00.000Z',
    windowMs: 15_000,
    containers: { c: { cpuNanoCores: 500_000_000, memoryBytes: 2048 } },
  }));

it.each<[string, ({ [name: string]: Counters } | undefined)[]]>([
  ['one look', [{ c: at(1, 0) }]],
  ['a container that has begun anew', [{ c: at(1, 9) }, { c: at(11, 5) }]],
  ['the same moment twice', [{ c: at(1, 0) }, { c: at(1, 5) }]],
  ['no counters', [undefined, undefined]],
])('%s says nothing', async (_what, looks) => expect(await after(looks)).toBeUndefined());
