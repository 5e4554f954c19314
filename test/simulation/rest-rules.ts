// What must hold once the faults are over and the pod has had its time: nothing stuck, nothing forgotten, nothing left behind.
import type { ContainerStatus, Pod } from '../../src/kinds/pod.ts';
import { podDone } from '../../src/pod/run/order.ts';
import { hasEnded, shouldRestart } from '../../src/pod/run/restart.ts';

import { toPod } from '../../src/pod/model/to-pod.ts';
import { executionName, inCharge } from '../../src/record/execution-name.ts';
import type { PodRecord } from '../../src/record/record.ts';
import { checkOutcome, checkRestartCounts } from './outcome-rules.ts';
import type { Life } from './simulate.ts';

/** More than any life here reaches. */
const MAX_GENERATIONS = 30;

/** Everything wrong with a life's final state; empty: nothing. */
export async function checkRest(life: Life): Promise<string[]> {
  const { world, pod } = life;
  const problems = [...life.violations];
  const [now, record] = [await world.pod(pod), await world.record(pod)];
  problems.push(...(await checkLog(life)), ...(await checkExecutions(life, record)));
  if (life.deleted) return [...problems, ...checkGone(life, now, record)];
  if (!now || !record) return [...problems, 'the pod was lost'];
  return [
    ...problems,
    ...checkPhase(life, now, record),
    ...checkRevision(life, record),
    ...checkTasks(life, record),
    ...checkRestartCounts(now, record),
  ];
}

/** Of all executions of the pod only the current one may run, and only while the pod does. */
async function checkExecutions(
  { world, pod }: Life,
  record: PodRecord | undefined,
): Promise<string[]> {
  const running = record && !record.end ? executionName(inCharge(record)) : undefined;
  const names = Array.from({ length: MAX_GENERATIONS }, (_, index) =>
    executionName({ uid: pod.metadata.uid ?? '', generation: index + 1 }),
  );
  const statuses = await Promise.all(names.map((name) => world.machine.describe(name)));
  return names
    .filter((name, index) => (statuses[index]?.status === 'RUNNING') !== (name === running))
    .map((name) => `execution ${name} ${name === running ? 'does not run' : 'still runs'}`);
}

const liveTasks = ({ world }: Life): string[] =>
  [...world.tasks.tasks.values()]
    .filter(({ lastStatus }) => lastStatus !== 'STOPPED')
    .map(({ taskArn }) => taskArn);
const runningNow = ({ world }: Life): string[] =>
  [...world.podlets.values()].flatMap(({ running }) => running);

function checkGone(life: Life, pod: Pod | undefined, record: PodRecord | undefined): string[] {
  return [
    ...(pod ? ['deleted, but its object is still there'] : []),
    ...(record ? ['deleted, but its record is still there'] : []),
    ...(liveTasks(life).length > 0 ? ['deleted, but a task runs'] : []),
    ...(runningNow(life).length > 0 ? ['deleted, but containers run'] : []),
  ];
}

/** The current execution uses the newest document. */
function checkRevision({ world }: Life, { end, generation: { revision } }: PodRecord): string[] {
  const newest = world.ports.settings.machineRevision;
  return end || revision === newest
    ? []
    : [`goes by revision ${revision ?? ''}, the newest is ${newest}`];
}

function checkPhase(life: Life, pod: Pod, record: PodRecord): string[] {
  const { phase = '' } = pod.status;
  const { observed } = record;
  if (phase === 'Succeeded' || phase === 'Failed') return checkTerminal(life, pod, record);
  if (podDone(pod, observed)) return [`over, but its phase is ${phase}`];
  const running = runningNow(life);
  const waiting = pod.spec.containers.filter(({ name }) => {
    const { current } = observed.containers[name] ?? {};
    return !running.includes(name) && !(hasEnded(current) && !shouldRestart(pod, name, current));
  });
  return waiting.length > 0
    ? [
        `stuck: ${waiting.map(({ name }) => name).join(', ')} neither runs nor is done; phase ${phase}`,
      ]
    : phase === 'Running'
      ? []
      : [`runs, but its phase is ${phase}`];
}

function checkTerminal(life: Life, pod: Pod, record: PodRecord): string[] {
  return [
    ...(runningNow(life).length > 0 ? ['over, but containers run'] : []),
    ...checkOutcome(pod, record),
  ];
}

function checkTasks(life: Life, record: PodRecord): string[] {
  const live = liveTasks(life);
  if (record.end) return live.length > 0 ? ['over, but a task runs'] : [];
  return live.length === 1 && live[0] === record.task.arn ? [] : [`tasks ${live.length}, wanted 1`];
}

/** In the log of changes: restart counts only grow, an exit is never taken back, a terminal phase stays. */
async function checkLog({ world, pod }: Life): Promise<string[]> {
  const { entries } = await world.ports.store.changes('0' as never, { waitMs: 0 });
  const problems: string[] = [];
  const last = new Map<string, ContainerStatus>();
  let terminal = '';
  for (const { object } of entries.filter(
    ({ key, object }) => key.resource === 'pods' && object.metadata.uid === pod.metadata.uid,
  )) {
    const { status } = toPod(object);
    if (terminal && status.phase !== terminal)
      problems.push(`phase ${status.phase ?? ''} after ${terminal}`);
    if (status.phase === 'Succeeded' || status.phase === 'Failed') terminal = status.phase;
    for (const container of [
      ...(status.initContainerStatuses ?? []),
      ...(status.containerStatuses ?? []),
    ]) {
      const before = last.get(container.name);
      if (before && container.restartCount < before.restartCount)
        problems.push(
          `${container.name}: restartCount ${container.restartCount} after ${before.restartCount}`,
        );
      if (
        before?.state?.terminated &&
        container.state?.running &&
        container.restartCount === before.restartCount
      )
        problems.push(`${container.name}: an exit was unsaid`);
      last.set(container.name, container);
    }
  }
  return problems;
}
