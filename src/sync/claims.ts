// Which parts of a report are believed. The pod shares the podlet's network and disk, so an address must be ECS's, a time must lie
// within the task's life, and a name must be one of the pod's.
// See docs/design/sync.md.
import type { Pod } from '../kinds/pod.ts';
import { allContainers } from '../pod/model/containers.ts';
import type { Run } from '../protocol/run.ts';
import { own } from '../own.ts';
import { present } from '../present.ts';
import { isIp } from '../validation/names.ts';
import type { PodletEvent, Report } from '../protocol/messages.ts';
import type { PodRecord } from '../record/record.ts';

/** How far clocks may differ. */
const SKEW_MS = 5 * 60_000;
/** Events of a pod that may come at once, and how many more each second: every probe may fail every second. */
const EVENT_BURST = 300;
const EVENTS_PER_SECOND = 10;

/** The report without impossible values: merged like this, it can harm its own pod only. */
export function credible(pod: Pod, record: PodRecord, report: Report, now: Date): Report {
  const { podIP: _claimed, hostIP, ...rest } = report;
  const known = new Set(allContainers(pod).map(({ name }) => name));
  const earliest =
    Date.parse(record.task.launchedAt ?? pod.metadata.creationTimestamp ?? now.toISOString()) -
    SKEW_MS;
  const containers = Object.entries(report.containers)
    .filter(([name]) => known.has(name))
    .map(([name, container]) => {
      const { run } = container;
      return [
        name,
        run === undefined
          ? container
          : {
              ...container,
              run: inTime(run, own(record.observed.containers, name)?.current, earliest, now),
            },
      ] as const;
    });
  return {
    ...rest,
    ...present({
      podIP: report.podIP === undefined ? undefined : record.task.address,
      hostIP: hostIP !== undefined && isIp(hostIP) ? hostIP : undefined,
    }),
    containers: Object.fromEntries(containers),
    events: report.events.map((event) => ofPod(event, known)),
  };
}

/** Whether the reported address differs from the one that ECS knows; for the log. */
export const isLyingAboutAddress = ({ task: { address } }: PodRecord, { podIP }: Report): boolean =>
  address !== undefined && podIP !== undefined && podIP !== address;

/** Times outside the task's life are moved to its nearest end. A time that was taken before stays, so a repeated report changes nothing. */
function inTime(run: Run, known: Run | undefined, earliest: number, now: Date): Run {
  const before = known?.run === run.run ? known : undefined;
  const startedAt = clamp(run.startedAt, before?.startedAt, earliest, now);
  const finishedAt =
    clamp(
      run.finishedAt,
      before?.finishedAt,
      Math.max(earliest, Date.parse(startedAt ?? '') || earliest),
      now,
    ) ?? (run.exitCode === undefined ? undefined : (before?.finishedAt ?? now.toISOString()));
  const { startedAt: _s, finishedAt: _f, ...rest } = run;
  return {
    ...rest,
    ...present({ startedAt, finishedAt }),
  };
}

function clamp(
  text: string | undefined,
  known: string | undefined,
  earliest: number,
  now: Date,
): string | undefined {
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  if (time >= earliest && time <= now.getTime() + SKEW_MS) return text;
  return known ?? new Date(time < earliest ? earliest : now.getTime()).toISOString();
}

function ofPod({ container, ...event }: PodletEvent, known: ReadonlySet<string>): PodletEvent {
  return container !== undefined && known.has(container) ? { ...event, container } : event;
}

/** Events that may be stored now, and what is left of the pod's allowance. */
export function allowed(
  events: readonly PodletEvent[],
  before: PodRecord['eventAllowance'],
  now: Date,
): { events: PodletEvent[]; eventAllowance: NonNullable<PodRecord['eventAllowance']> } {
  const passedSeconds =
    before === undefined ? 0 : Math.max(0, (now.getTime() - Date.parse(before.at)) / 1000);
  const left = Math.min(
    EVENT_BURST,
    (before?.left ?? EVENT_BURST) + Math.floor(passedSeconds * EVENTS_PER_SECOND),
  );
  const taken = events.filter(({ reason }) => reason !== '').slice(0, left);
  return { events: taken, eventAllowance: { left: left - taken.length, at: now.toISOString() } };
}
