// Reads records of the previous version, in which each fact was a field of its own; they are rewritten at their next change.
import type { TaskArn } from '../ports/identity.ts';
import type { ImageConfig } from '../ports/images.ts';
import type { ObservedPod } from '../pod/run/observed.ts';
import { present } from '../present.ts';
import type { BoundPodlet, PodEnd, PodRecord, TaskEnd } from './record.ts';

type Same = Pick<
  PodRecord,
  | 'uid'
  | 'namespace'
  | 'name'
  | 'logNonce'
  | 'tokens'
  | 'bearsOnOthers'
  | 'tasks'
  | 'launchBackOff'
  | 'pulls'
  | 'eventAllowance'
  | 'dueEvents'
>;

/** A record from before its fields were grouped. */
export interface FlatRecord extends Same {
  generation: number;
  toStart?: boolean;
  generationAt?: string;
  revision?: string;
  runsInGeneration: number;
  attempt: number;
  taskArn?: TaskArn;
  address?: string;
  launchedAt?: string;
  taskVersion?: number;
  taskStopped?: { at: string; stopCode?: string; reason?: string };
  stopAsked?: boolean;
  terminatingSince?: string;
  stopped?: { at: string };
  relaunch?: string;
  edited?: string[];
  added?: string[];
  stopping?: boolean;
  taskDefinitionArn?: string;
  images?: { [container: string]: ImageConfig };
  podlet?: Omit<BoundPodlet, 'doneAt'>;
  finished?: { at: string };
  rest?: boolean;
  orphaned?: boolean;
  observed: ObservedPod & { terminal: boolean };
}

const isFlat = (record: PodRecord | FlatRecord): record is FlatRecord =>
  typeof record.generation === 'number';

/** The record in today's form; a record in that form is returned as it is. */
export function upgraded(record: PodRecord | FlatRecord): PodRecord {
  if (!isFlat(record)) return record;
  const { generation, toStart, generationAt, revision, runsInGeneration, ...withoutGeneration } =
    record;
  const { attempt, taskArn, address, launchedAt, taskVersion, ...withoutTask } = withoutGeneration;
  const { terminatingSince, relaunch, edited, added, taskDefinitionArn, images, ...others } =
    withoutTask;
  const { podlet, stopped, taskStopped, stopping, stopAsked: _never, ...withoutEnds } = others;
  const { finished, rest, orphaned, observed, ...same } = withoutEnds;
  const { terminal: _finished, ...known } = observed;
  return {
    ...same,
    generation: {
      number: generation,
      ...present({ toStart, at: generationAt, revision }),
      runs: runsInGeneration,
    },
    task: {
      attempt,
      ...present({ images, definition: taskDefinitionArn, arn: taskArn, launchedAt, address }),
      ...present({ version: taskVersion, terminatingSince, relaunch, edited, added }),
      ...present({ end: taskEnd(taskStopped, stopping) }),
    },
    observed: known,
    ...present({
      podlet: podlet && { ...podlet, ...present({ doneAt: stopped?.at }) },
      end: podEnd(finished, rest, orphaned),
    }),
  };
}

type Flat<Member extends keyof FlatRecord> = FlatRecord[Member] | undefined;

const taskEnd = (
  taskStopped: Flat<'taskStopped'>,
  stopping: Flat<'stopping'>,
): TaskEnd | undefined =>
  taskStopped ? { is: 'stopped', ...taskStopped } : stopping ? { is: 'stopping' } : undefined;

function podEnd(
  finished: Flat<'finished'>,
  rest: Flat<'rest'>,
  orphaned: Flat<'orphaned'>,
): PodEnd | undefined {
  if (orphaned) return { is: 'orphaned' };
  return finished && { is: rest ? 'rest' : 'finished', at: finished.at };
}
