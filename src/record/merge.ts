// Merges a podlet's report into what is observed of the pod: by run number, so that order and repetition do not matter.
// See docs/design/sync.md.
import { LOST_EXIT_CODE, LOST_MESSAGE, LOST_REASON } from '../protocol/run.ts';
import type { Pod } from '../kinds/pod.ts';
import { own } from '../own.ts';
import { nextBackOff } from '../pod/run/back-off.ts';
import { allContainers } from '../pod/model/containers.ts';
import type { ObservedContainer, ObservedPod } from '../pod/run/observed.ts';
import type { Run } from '../protocol/run.ts';
import { hasEnded, shouldRestart } from '../pod/run/restart.ts';
import { present } from '../present.ts';
import type { ContainerReport, Report } from '../protocol/messages.ts';
import { changeContainers } from './change-container.ts';

/** What is observed after the report. A known exit is never taken back, and a run that was not ordered is ignored. */
export function mergeReport(
  pod: Pod,
  observed: ObservedPod,
  report: Report,
  now: Date,
): ObservedPod {
  const { silentSince: _silentSince, ...before } = observed;
  const names = allContainers(pod)
    .map(({ name }) => name)
    .filter((name) => own(report.containers, name) !== undefined);
  const merged = changeContainers(before, names, (container, name) => {
    const reported = own(report.containers, name);
    return reported ? mergeContainer(pod, name, container, reported, now) : container;
  });
  return {
    ...merged,
    sandboxReady: before.sandboxReady || report.sandboxReady,
    ...present({ podIP: report.podIP || undefined }),
    ...hostAddress(before, report),
    ...present({ resolvConf: report.resolvConf || undefined }),
  };
}

/** A Fargate task's host is the task itself: where no host address is reported, the task's own is the node's. */
function hostAddress({ hostIP }: ObservedPod, report: Report): { hostIP?: string } {
  const address = report.hostIP || hostIP || report.podIP;
  return address ? { hostIP: address } : {};
}

function mergeContainer(
  pod: Pod,
  name: string,
  before: ObservedContainer,
  reported: ContainerReport,
  now: Date,
): ObservedContainer {
  const greeted = { ...before, hello: reported.hello || before.hello === true };
  const merged = mergeRun(pod, name, greeted, withRuntimeId(reported), now);
  return reported.waiting ? { ...merged, waiting: reported.waiting } : merged;
}

const withRuntimeId = ({ run, runtimeId }: ContainerReport): Run | undefined =>
  run && runtimeId && !run.runtimeId ? { ...run, runtimeId } : run;

function mergeRun(
  pod: Pod,
  name: string,
  before: ObservedContainer,
  run: Run | undefined,
  now: Date,
): ObservedContainer {
  if (!run || run.run > before.desiredRun) return before;
  const { current, previous } = before;
  if (current && run.run < current.run) {
    return previous?.run === run.run && !hasEnded(previous) ? { ...before, previous: run } : before;
  }
  if (current?.run === run.run && hasEnded(current))
    // The engine's id may become known after a short run's end.
    return current.runtimeId === undefined && run.runtimeId !== undefined
      ? { ...before, current: { ...current, runtimeId: run.runtimeId } }
      : before;
  if (!current && previous && run.run <= previous.run) return before;
  const { waiting: _over, kept: _old, ...rest } = before;
  const resized = rest.restartAfter === run.run ? { resized: true } : {};
  const next: ObservedContainer = { ...rest, current: { ...run, ...resized } };
  if (current && current.run < run.run) next.previous = current;
  return hasEnded(run) ? withBackOff(pod, name, next, now) : next;
}

/** The container after the end of its current run: the crash back-off delays its next run. */
function withBackOff(
  pod: Pod,
  name: string,
  container: ObservedContainer,
  now: Date,
): ObservedContainer {
  const { current, previous } = container;
  if (!current || !shouldRestart(pod, name, current)) return container;
  return { ...container, backOff: nextBackOff(container.backOff, current, now, previous) };
}

const isOver = (run: Run): boolean => hasEnded(run);

/** Runs that nobody will report any more end in the way in which the kubelet ends a container that it cannot find. */
export function loseRuns(pod: Pod, observed: ObservedPod, now: Date): ObservedPod {
  return changeContainers(observed, Object.keys(observed.containers), (container, name) => {
    const { current } = container;
    if (!current || isOver(current)) return container;
    const lost: Run = {
      ...current,
      ready: false,
      exitCode: LOST_EXIT_CODE,
      reason: LOST_REASON,
      message: LOST_MESSAGE,
      finishedAt: now.toISOString(),
    };
    return withBackOff(pod, name, { ...container, current: lost }, now);
  });
}
