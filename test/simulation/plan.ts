// What a seed decides before the run: the pod, its containers' runs, and what is done to it from outside.
import type { Container, Pod } from '../../src/kinds/pod.ts';
import { present } from '../../src/present.ts';
import type { ScriptedRun } from '../fakes/scripted-podlet.ts';
import type { Chance } from './random.ts';

export type Blow =
  | 'delete'
  | 'force'
  | 'kill'
  | 'host'
  | 'spot'
  | 'stopTask'
  | 'cutOff'
  | 'lost'
  | 'killExecution'
  | 'handOver'
  | 'deploy'
  | 'age'
  | 'reboot'
  | 'image';

export interface Plan {
  spec: Pod['spec'];
  /** Run n of a container; the last entry repeats. */
  runs: Record<string, ScriptedRun[]>;
  /** Seconds at which something is done to the pod. */
  blows: { at: number; what: Blow }[];
  /** Until that second RunTask finds no capacity and the registry does not respond. */
  noCapacityUntil: number;
  noImageUntil: number;
  /** Probability that a call fails, that a message is lost, doubled or late. */
  callFaults: number;
  messageFaults: number;
}

/** Seconds for which a podlet's network is cut: it reports again in time, or after its pod was given up. */
export const CUT_OFF_SECONDS = { from: 20, to: 240 };
export const LOST_SECONDS = { from: 300, to: 600 };

/** Faults happen until then; afterwards everything works and the pod must come to rest. */
export const FAULTY_SECONDS = 150;

function someRuns(chance: Chance, mustEnd: boolean): ScriptedRun[] {
  const fails = Array.from({ length: chance.below(3) }, (): ScriptedRun => ({
    seconds: chance.below(20),
    exitCode: chance.pick([0, 1, 1, 137]),
    ...present({ startError: chance.happens(0.1) ? 'no such file' : undefined }),
  }));
  const last: ScriptedRun =
    mustEnd || chance.happens(0.5) ? { seconds: 1 + chance.below(30), exitCode: 0 } : {};
  return [...fails, { ...last, termSeconds: chance.pick([0, 0, 1, 5, 50]) }];
}

const container = (name: string): Container => ({ name, image: 'busybox' });

/** The plan of a seed. */
export function makePlan(chance: Chance): Plan {
  const restartPolicy = chance.pick(['Always', 'OnFailure', 'Never'] as const);
  const inits = Array.from({ length: chance.below(3) }, (_, index) => container(`i${index}`));
  const side: Container[] = chance.happens(0.3)
    ? [{ ...container('s'), restartPolicy: 'Always' }]
    : [];
  const apps = Array.from({ length: 1 + chance.below(2) }, (_, index) => container(`a${index}`));
  const initContainers = [...inits.slice(0, 1), ...side, ...inits.slice(1)];
  const runs: Plan['runs'] = {};
  for (const { name } of inits) runs[name] = someRuns(chance, true);
  // Under Always an ended app restarts for ever: its last run keeps running, so that the pod can come to rest.
  for (const { name } of apps)
    runs[name] =
      restartPolicy === 'Always'
        ? [...someRuns(chance, false).slice(0, -1), {}]
        : someRuns(chance, false);
  for (const { name } of side) runs[name] = [...someRuns(chance, false).slice(0, -1), {}];
  return {
    spec: {
      restartPolicy,
      terminationGracePeriodSeconds: chance.pick([5, 30]),
      ...present({ initContainers: initContainers.length > 0 ? initContainers : undefined }),
      containers: apps,
    },
    runs,
    blows: someBlows(chance),
    noCapacityUntil: chance.happens(0.1) ? chance.below(60) : 0,
    noImageUntil: chance.happens(0.1) ? chance.below(60) : 0,
    callFaults: chance.pick([0, 0.01, 0.03, 0.08]),
    messageFaults: chance.pick([0, 0.02, 0.1, 0.3]),
  };
}

function someBlows(chance: Chance): Plan['blows'] {
  const count = chance.pick([0, 0, 1, 1, 2, 3]);
  const kinds = [
    'delete',
    'delete',
    'force',
    'kill',
    'kill',
    'host',
    'spot',
    'stopTask',
    'cutOff',
    'lost',
    'killExecution',
    'handOver',
    'deploy',
    'deploy',
    'age',
    'reboot',
    'reboot',
    'image',
    'image',
  ] as const;
  const blows = Array.from({ length: count }, () => ({
    at: chance.happens(0.3) ? chance.next() * 3 : chance.next() * 100,
    what: chance.pick(kinds),
  }));
  return blows.sort((a, b) => a.at - b.at);
}
