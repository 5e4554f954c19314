// What must hold for a pod once the disturbances are over and it has had time to recover, and for the machine once every pod is gone.
import type { Pod } from '../../src/kinds/pod.ts';
import type { PodRecord } from '../../src/record/record.ts';
import { checkOutcome, checkRestartCounts } from '../simulation/outcome-rules.ts';
import type { Ledger } from './ledger.ts';
import type { DrawnPod } from './pods.ts';
import type { EngineContainer } from './stage.ts';
import type { Blow } from './trouble.ts';

export interface Sight {
  drawn: DrawnPod;
  /** undefined: it does not exist. */
  pod: Pod | undefined;
  record: PodRecord | undefined;
  blows: readonly Blow[];
  ledger: Ledger;
  containers: EngineContainer[];
}

const isOver = ({ status: { phase } }: Pod): boolean => phase === 'Succeeded' || phase === 'Failed';

/** Everything that does not follow from the pod's spec, its exits and its disturbances; empty: it is at rest and right. */
export function checkPod(sight: Sight): string[] {
  const { drawn, pod, record } = sight;
  if (!pod) return [`${drawn.name} was lost`];
  if (!record) return [`${drawn.name} has no record`];
  return [
    ...checkPhase(sight, pod),
    ...(isOver(pod) ? checkOutcome(pod, record) : []),
    ...(drawn.loops ? [] : checkRestartCounts(pod, record)),
    ...checkTasks(sight, pod, record),
    ...checkRuns(sight, pod),
  ].map((problem) => `${drawn.name}: ${problem}`);
}

function checkPhase({ drawn, blows }: Sight, pod: Pod): string[] {
  const { phase = '', reason, message } = pod.status;
  const never = drawn.spec.restartPolicy === 'Never';
  // A pod that never restarts may fail because of what it lost.
  const allowed = blows.length > 0 && never ? [drawn.ending, 'Failed'] : [drawn.ending];
  if (!allowed.includes(phase))
    return [`phase ${phase} (${reason ?? ''} ${message ?? ''}), wanted ${allowed.join(' or ')}`];
  if (phase === 'Running') return drawn.loops ? [] : checkRunning(pod);
  return blows.length === 0 ? checkExits(drawn, pod) : [];
}

function checkRunning(pod: Pod): string[] {
  const idle = (pod.status.containerStatuses ?? []).filter(
    ({ ready, state }) => !ready || state?.running === undefined,
  );
  return idle.map(
    ({ name, state }) => `${name} does not run or is not ready: ${JSON.stringify(state)}`,
  );
}

function checkExits({ exits = {} }: DrawnPod, pod: Pod): string[] {
  const statuses = [
    ...(pod.status.initContainerStatuses ?? []),
    ...(pod.status.containerStatuses ?? []),
  ];
  return Object.entries(exits).flatMap(([name, code]) => {
    const ended = statuses.find((status) => status.name === name)?.state?.terminated;
    return ended?.exitCode === code
      ? []
      : [`${name} ended with ${ended?.exitCode ?? 'nothing'}, wanted ${code}`];
  });
}

/** A pod that is over has no task; any other has exactly one. */
function checkTasks({ containers }: Sight, pod: Pod, record: PodRecord): string[] {
  const tasks = new Set([record.task.arn, ...(record.tasks ?? []).map(({ taskArn }) => taskArn)]);
  const live = new Set(
    containers
      .filter(({ task, running }) => running && tasks.has(task as never))
      .map(({ task }) => task),
  );
  if (isOver(pod)) return live.size > 0 ? ['over, but its containers run'] : [];
  return live.size === 1 && live.has(record.task.arn ?? '')
    ? []
    : [`${live.size} live tasks, wanted its own`];
}

/** By the containers' own reports: none ran more often than its restart count says, and under Never none ran twice. */
function checkRuns({ drawn, blows, ledger }: Sight, pod: Pod): string[] {
  const statuses = [
    ...(pod.status.initContainerStatuses ?? []),
    ...(pod.status.containerStatuses ?? []),
  ];
  return statuses.flatMap(({ name, restartCount }) => {
    const begun = ledger.of(pod.metadata.uid ?? '', name).length;
    const restartable =
      drawn.spec.restartPolicy !== 'Never' ||
      drawn.spec.initContainers?.some(
        (init) => init.name === name && init.restartPolicy === 'Always',
      ) === true;
    if (!restartable) return begun > 1 ? [`${name} ran ${begun} times under Never`] : [];
    // A run that ended together with its podlet may be unreported, and the next attempt runs init containers again.
    const most = restartCount + 1 + blows.length + (drawn.loops ? 1 : 0);
    return begun > most ? [`${name} ran ${begun} times, its restart count is ${restartCount}`] : [];
  });
}

export interface Remains {
  pods: string[];
  containers: EngineContainer[];
  volumes: string[];
  records: PodRecord[];
  heartbeats: unknown[];
}

/** After every pod was deleted. */
export function checkNothingLeft({
  pods,
  containers,
  volumes,
  records,
  heartbeats,
}: Remains): string[] {
  return [
    ...(pods.length > 0 ? [`pods are left: ${pods.join(', ')}`] : []),
    ...(containers.length > 0
      ? [
          `containers are left: ${containers.map(({ name, task, running }) => `${name} of ${task.split('/').at(-1) ?? ''}${running ? '' : ' (ended)'}`).join(', ')}`,
        ]
      : []),
    ...(volumes.length > 0 ? [`volumes are left: ${volumes.slice(0, 5).join(', ')}`] : []),
    ...(records.length > 0
      ? [`records without a pod: ${records.map(({ name, uid }) => `${name} ${uid}`).join(', ')}`]
      : []),
    ...(heartbeats.length > 0 ? [`${heartbeats.length} heartbeats without a pod`] : []),
  ];
}
