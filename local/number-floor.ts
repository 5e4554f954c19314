// The highest reserved version, in a file of its own with fsync: the database may lose its last writes.
import { open } from 'node:fs/promises';
import { existsSync, readFileSync } from 'node:fs';
import { Unusable } from './unusable.ts';

export interface FloorFile {
  highest: number;
  raise(number: number): Promise<void>;
  close(): Promise<void>;
}

/** Opens `file`, or creates it with 0. */
export async function openNumberFloor(file: string): Promise<FloorFile> {
  const found = existsSync(file);
  const highest = found ? Number(readFileSync(file, 'utf8')) || 0 : 0;
  const handle = await open(file, found ? 'r+' : 'w', 0o600);
  return {
    highest,
    raise: async (number) => {
      // Constant length: needs no space on a full disk.
      await handle.write(`${String(number).padStart(16, '0')}\n`, 0);
      await handle.datasync();
    },
    close: () => handle.close(),
  };
}

/** Throws Unusable if the table's counter is below the floor: versions that clients have seen would be repeated. */
export function checkFloor(directory: string, floor: FloorFile, counted: number): void {
  if (counted >= floor.highest) return;
  throw new Unusable(
    `the database in ${directory} has gone back: it counts to version ${counted}, and ${floor.highest} was reserved. Restore ${directory} from a copy, or go on with what is left by ./droppod up --accept-loss --data ${directory}`,
  );
}
