// The doors by name, with their share of a run's cases.
import type { Door } from './door.ts';
import { HttpDoor } from './http-door.ts';
import { PodletDoor } from './podlet-door.ts';
import { StreamDoor } from './stream-door.ts';
import { SuperviseDoor } from './supervise-door.ts';
import { SyncDoor } from './sync-door.ts';
import { Target } from './target.ts';

interface Kind {
  share: number;
  make(log: (line: string) => void): Door;
}

export const DOORS = {
  http: { share: 70, make: (log: (line: string) => void) => new HttpDoor(new Target(), log) },
  streams: { share: 8, make: () => new StreamDoor(new Target()) },
  sync: { share: 10, make: () => new SyncDoor(new Target()) },
  podlet: { share: 6, make: () => new PodletDoor() },
  supervise: { share: 6, make: () => new SuperviseDoor() },
} satisfies { [name: string]: Kind };

export type DoorName = keyof typeof DOORS;

/** A door that is not open yet. */
export const makeDoor = (name: DoorName, log: (line: string) => void): Door =>
  DOORS[name].make(log);
