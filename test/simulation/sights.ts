// Which situations the simulated lives went through: a fault that no seed draws would prove nothing.
import type { Pod } from '../../src/kinds/pod.ts';
import type { PodRecord } from '../../src/record/record.ts';
import type { Life } from './simulate.ts';

/** Situations that enough seeds must have met. */
export const SIGHTS = [
  'another task under Always',
  'another task under OnFailure',
  'another task under Never',
  'another task for another image',
  'lost with its host',
  'lost with its Spot capacity',
  'lost in silence',
  'reported again in time',
  'reported again after its task was given up',
  'another revision in the same task',
  'another revision while it was deleted',
  'old executions succeeded',
  'failed with its sandbox under Never',
] as const;

export type Sight = (typeof SIGHTS)[number];

/** The situations of this life. */
export function sightsOf(
  { plan, world, deleted, trace, reportedLate }: Life,
  pod: Pod | undefined,
  record: PodRecord | undefined,
): Sight[] {
  const [all, blows] = [
    [...world.tasks.tasks.values()],
    new Set(trace.flatMap((line) => / blow: (\w+)$/.exec(line)?.[1] ?? [])),
  ];
  const alive = pod?.status.phase === 'Running' && !deleted;
  const lost = pod?.status.reason === 'NodeLost';
  const met: [Sight, boolean][] = [
    [
      `another task under ${plan.spec.restartPolicy as 'Always' | 'OnFailure' | 'Never'}`,
      all.length > 1,
    ],
    ['another task for another image', all.length > 1 && blows.has('image')],
    ['lost with its host', lost && all.at(-1)?.stopCode === 'InfrastructureHealth'],
    ['lost with its Spot capacity', lost && all.at(-1)?.stopCode === 'SpotInterruption'],
    ['lost in silence', lost && blows.has('lost')],
    ['reported again in time', alive && blows.has('cutOff') && all.length === 1],
    ['reported again after its task was given up', reportedLate],
    [
      'another revision in the same task',
      alive && record?.generation.revision !== 'r1' && all.length === 1,
    ],
    ['another revision while it was deleted', deleted && blows.has('deploy')],
    ['old executions succeeded', alive && (record?.generation.number ?? 1) > 2],
    [
      'failed with its sandbox under Never',
      plan.spec.restartPolicy === 'Never' &&
        blows.has('kill') &&
        pod?.status.phase === 'Failed' &&
        all.length === 1,
    ],
  ];
  return met.flatMap(([sight, seen]) => (seen ? [sight] : []));
}
