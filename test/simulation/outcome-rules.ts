// What must follow from a pod's record alone, wherever the pod ran: its phase from the exits, its restart counts from the runs.
import type { Pod } from '../../src/kinds/pod.ts';
import { initFailed, podDone } from '../../src/pod/run/order.ts';
import { isFailure } from '../../src/pod/run/restart.ts';
import type { PodRecord } from '../../src/record/record.ts';

/** For a pod that is over. */
export function checkOutcome(pod: Pod, { observed, tokens, end }: PodRecord): string[] {
  const problems: string[] = [];
  if (Object.keys(tokens).length > 0) problems.push('over, but the machine was not answered');
  if (end === undefined) problems.push('over, but not marked finished');
  if (!observed.verdict && !podDone(pod, observed)) problems.push('over without a reason');
  const failed =
    observed.verdict !== undefined ||
    initFailed(pod, observed) ||
    pod.spec.containers.some(({ name }) => {
      const { current } = observed.containers[name] ?? {};
      return current === undefined || isFailure(pod, name, current);
    });
  if ((pod.status.phase === 'Failed') !== failed)
    problems.push(`phase ${pod.status.phase ?? ''} does not follow from the exits`);
  return problems;
}

/** A restart count is the newest run minus one; a run that is being ordered may be ahead. */
export function checkRestartCounts(pod: Pod, { observed }: PodRecord): string[] {
  const statuses = [
    ...(pod.status.initContainerStatuses ?? []),
    ...(pod.status.containerStatuses ?? []),
  ];
  return statuses.flatMap(({ name, restartCount }) => {
    const { current, previous } = observed.containers[name] ?? {};
    const run = current?.run ?? previous?.run ?? 1;
    return Math.abs(restartCount - (run - 1)) <= (current ? 0 : 1)
      ? []
      : [`${name}: restartCount ${restartCount} after run ${run}`];
  });
}
