// Names of a pod's executions: the uid, for successors with the generation behind it. Fixed, so starting twice is starting once.
// See docs/design/hand-over.md.
import type { PodRecord } from './record.ts';

/** Name of the execution in charge. */
export const executionName = ({
  uid,
  generation,
}: Pick<PodRecord, 'uid' | 'generation'>): string =>
  generation === 1 ? uid : `${uid}-${generation}`;

const NAME = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:-(\d+))?$/;

/** The pod and generation of an execution's name; undefined: not one of a pod. */
export function parseExecutionName(name: string): { uid: string; generation: number } | undefined {
  const [, uid, generation] = NAME.exec(name) ?? [];
  return uid === undefined ? undefined : { uid, generation: Number(generation ?? 1) };
}
