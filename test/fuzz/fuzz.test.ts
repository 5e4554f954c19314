// A short run at every door with a fixed seed; `npm run fuzz` is the long one.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runDoor, type Door } from './door.ts';
import { HttpDoor } from './http-door.ts';
import { PodletDoor } from './podlet-door.ts';
import { StreamDoor } from './stream-door.ts';
import { SuperviseDoor } from './supervise-door.ts';
import { SyncDoor } from './sync-door.ts';
import { Target } from './target.ts';

const SEED = 5;
const target = new Target();
const log = (line: string): void => console.log(line);

beforeAll(() => target.open());
afterAll(() => target.close());

it.each<[string, () => Door, number]>([
  ['requests', () => new HttpDoor(target, log), 240],
  ['upgrades and their frames', () => new StreamDoor(target), 60],
  ['reports of a podlet', () => new SyncDoor(target), 60],
  ['what a podlet receives', () => new PodletDoor(), 60],
  ['what supervise is ordered', () => new SuperviseDoor(), 60],
])(
  'hostile %s: refused as Kubernetes refuses, and nothing breaks, hangs or swells',
  async (_what, make, cases) => {
    const { played, problems } = await runDoor(make(), {
      seed: SEED,
      cases,
      until: Date.now() + 200_000,
      log,
    });
    expect(problems).toEqual([]);
    expect(played).toBe(cases);
  },
);
