// A podlet's report judged and taken into the pod's record. Pure; src/steps/sync/sync-pod.ts carries it out.
// See docs/design/sync.md.
import { LOST_REASON } from '../protocol/run.ts';
import type { Pod } from '../kinds/pod.ts';
import { own } from '../own.ts';
import { startErrorMessage } from '../pod/status/container-states.ts';
import { allContainers } from '../pod/model/containers.ts';
import * as podEvents from '../pod/events/pod-events.ts';
import type { PodEvent } from '../pod/events/pod-events.ts';
import type { ObservedPod } from '../pod/run/observed.ts';
import { podDone } from '../pod/run/order.ts';
import { hasEnded, shouldRestart } from '../pod/run/restart.ts';
import { present } from '../present.ts';
import { allowed, credible } from './claims.ts';
import { deadlinePassed } from '../record/deadline.ts';
import { mergeReport } from '../record/merge.ts';
import type { PodletEvent, Report } from '../protocol/messages.ts';
import type { PodRecord } from '../record/record.ts';
import { withTask } from '../record/with-task.ts';

/** `take` the report; `wait`: the launch has not been written yet; `leave`: not this pod's podlet any more; `refuse`: another secret. */
export type Verdict = 'take' | 'wait' | 'leave' | 'refuse';

/** Only the podlet of the pod's present task is obeyed, under the secret that it showed first. */
export function judge(
  pod: Pod | undefined,
  record: PodRecord,
  report: Report,
  secretHash: string,
): Verdict {
  const { podlet, task } = record;
  if (podlet?.attempt === report.attempt && podlet.secretHash !== secretHash) return 'refuse';
  const isOver = !pod || record.end?.is === 'orphaned' || task.end?.is === 'stopped';
  if (isOver || report.attempt !== task.attempt) return 'leave';
  if (task.arn === undefined) return record.end ? 'leave' : 'wait';
  return report.taskArn === task.arn ? 'take' : 'leave';
}

/** Whether the report is older than one that was taken: an earlier one of the boot, or one of an earlier boot. */
export function isOutdated(
  { podlet }: PodRecord,
  { attempt, bootId, boot = 0, sequence }: Report,
): boolean {
  if (podlet?.attempt !== attempt) return false;
  const known = podlet.boot ?? 0;
  return (
    boot < known || (boot === known && podlet.bootId === bootId && sequence <= podlet.sequence)
  );
}

/** The record after the report, and the events that follow from it. The same record means that the report held nothing new. */
export function receive(
  pod: Pod,
  record: PodRecord,
  said: Report,
  hash: string,
  now: Date,
): { record: PodRecord; events: PodEvent[] } {
  if (isOutdated(record, said)) return { record, events: [] };
  const known =
    record.podlet?.attempt === said.attempt && record.podlet.bootId === said.bootId
      ? record.podlet
      : undefined;
  const report = credible(pod, record, said, now);
  const observed = withVerdict(pod, mergeReport(pod, record.observed, report, now), report, now);
  const fresh = allowed(newEvents(report, known), record.eventAllowance, now);
  const doneAt = record.podlet?.doneAt ?? (report.done === true ? now.toISOString() : undefined);
  const lost =
    record.task.relaunch === undefined ? lostContainer(pod, observed, report) : undefined;
  const next: PodRecord = {
    ...(lost === undefined ? record : withTask(record, { relaunch: `container ${lost} was lost` })),
    observed,
  };
  if (
    known !== undefined &&
    fresh.events.length === 0 &&
    doneAt === known.doneAt &&
    JSON.stringify(next) === JSON.stringify(record)
  )
    return { record, events: [] };
  const eventsSeen = Math.max(known?.eventsSeen ?? 0, ...report.events.map(eventNumber));
  const { attempt, bootId, boot, sequence } = report;
  return {
    record: {
      ...next,
      podlet: {
        attempt,
        secretHash: hash,
        bootId,
        ...present({ boot, doneAt }),
        sequence,
        eventsSeen,
      },
      ...present({ eventAllowance: fresh.events.length === 0 ? undefined : fresh.eventAllowance }),
    },
    events: [
      ...fresh.events.map(toPodEvent),
      ...runEvents(pod, record.observed, observed),
      ...verdictEvents(record.observed, observed),
      ...(lost === undefined ? [] : [podEvents.sandboxChanged()]),
    ],
  };
}

/**
 * A container whose supervisor has gone and that is to run again. ECS starts no container of a running task a second time: the pod
 * goes on in another task.
 */
function lostContainer(pod: Pod, observed: ObservedPod, report: Report): string | undefined {
  if (pod.spec.restartPolicy === 'Never' || podDone(pod, observed)) return undefined;
  return allContainers(pod).find(({ name }) => {
    const run = own(observed.containers, name)?.current;
    const lost = own(report.containers, name)?.run;
    return (
      lost?.reason === LOST_REASON &&
      lost.run === run?.run &&
      hasEnded(run) &&
      shouldRestart(pod, name, run)
    );
  })?.name;
}

function withVerdict(pod: Pod, observed: ObservedPod, { evict }: Report, now: Date): ObservedPod {
  if (observed.verdict) return observed;
  if (evict !== undefined)
    return { ...observed, verdict: { phase: 'Failed', reason: 'Evicted', message: evict } };
  const verdict = deadlinePassed(pod, observed, now);
  return verdict ? { ...observed, verdict } : observed;
}

function verdictEvents(before: ObservedPod, { verdict }: ObservedPod): PodEvent[] {
  if (!verdict || before.verdict) return [];
  return [
    verdict.reason === 'Evicted'
      ? podEvents.evicted(verdict.message)
      : podEvents.deadlineExceeded(),
  ];
}

const eventNumber = ({ id }: PodletEvent): number => Number(/-(\d{1,12})$/.exec(id)?.[1] ?? 0);

/** Events come again until they are acknowledged: those up to the highest number seen of this boot are stored. */
function newEvents({ events }: Report, known: PodRecord['podlet']): PodletEvent[] {
  const seen = known?.eventsSeen ?? 0;
  return events.filter((event) => eventNumber(event) > seen);
}

const toPodEvent = ({ type, reason, message, container }: PodletEvent): PodEvent => ({
  type,
  reason,
  message,
  ...present({ container: container || undefined }),
  component: 'kubelet',
});

/** What the kubelet says of a run that began, failed to begin, or will wait for its next. */
function runEvents(pod: Pod, before: ObservedPod, after: ObservedPod): PodEvent[] {
  return allContainers(pod).flatMap(({ name, image = '' }) => {
    const [old, container] = [own(before.containers, name), own(after.containers, name)];
    const run = container?.current;
    if (!run) return [];
    const events: PodEvent[] = [];
    const isNew = old?.current?.run !== run.run;
    // Before a first run in its task Bind has reported the image.
    if (isNew && old?.current !== undefined && old.kept !== true)
      events.push(podEvents.alreadyPresent(name, image));
    if (isNew)
      events.push(
        podEvents.created(name),
        run.startError === undefined
          ? podEvents.started(name)
          : podEvents.failed(name, startErrorMessage(run.startError)),
      );
    const newlyEnded = hasEnded(run) && !(old?.current?.run === run.run && hasEnded(old.current));
    if (newlyEnded && container.backOff?.until !== undefined)
      events.push(podEvents.backOffRestarting(pod, name));
    return events;
  });
}
