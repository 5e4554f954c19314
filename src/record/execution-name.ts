// Names of a pod's executions: the uid; for successors with the generation appended. A fixed name makes a repeated start harmless.
// See docs/design/hand-over.md.
import type { PodRecord, PodRef } from './record.ts';

/** The name of a generation's execution. */
export const executionName = ({ uid, generation }: PodRef): string =>
  generation === 1 ? uid : `${uid}-${generation}`;

/** The generation in charge, in the form of its execution's input. */
export const inCharge = ({ uid, generation }: PodRecord): PodRef => ({
  uid,
  generation: generation.number,
});

const NAME = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:-(\d+))?$/;

/** The pod and generation of an execution's name; undefined for the name of anything else. */
export function parseExecutionName(name: string): { uid: string; generation: number } | undefined {
  const [, uid, generation] = NAME.exec(name) ?? [];
  return uid === undefined ? undefined : { uid, generation: Number(generation ?? 1) };
}
