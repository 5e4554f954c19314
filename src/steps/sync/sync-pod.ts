// One report of a podlet: validated, recorded, its consequences settled, then answered with the desired state.
// Between functions/sync.ts (HTTP) and the pure rules of src/sync.
// See docs/design/sync.md.
import { endWait } from '../../end-wait.ts';
import { recordEvents } from '../../events/record-event.ts';
import type { Pod } from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import { allocatedPod } from '../../pod/status/allocation.ts';
import { hasBackOffToShow } from '../../pod/status/container-states.ts';
import { dnsConfigForming, failed, failedMount } from '../../pod/events/pod-events.ts';
import type { PodEvent } from '../../pod/events/pod-events.ts';
import { dnsProblems } from '../../pod/process/network-files.ts';
import type { Ports } from '../../ports/ports.ts';
import { isLyingAboutAddress } from '../../sync/claims.ts';
import { desired, dueInMs, hasNews, leave, networkOf, nothing } from '../../sync/desired.ts';
import type { Objects } from '../../sync/desired.ts';
import type { Desired, Report } from '../../protocol/messages.ts';
import { isOutdated, judge, receive } from '../../sync/receive.ts';
import { withoutImageEvents } from '../../record/binding.ts';
import { showWaiting } from '../../record/change-container.ts';
import type { PodRecord } from '../../record/record.ts';
import { withAddress } from '../../record/task-change.ts';
import { recordHeartbeat } from './heartbeat.ts';
import { deadlineVerdict } from '../settle/deadline-verdict.ts';
import { lacksMessage, withLogMessages } from './log-message.ts';
import { lookUp } from './look-up.ts';
import { secretHash } from '../../auth/podlet-credential.ts';
import { settle } from '../settle/settle.ts';
import { readPod, updatePod } from '../pod/update-pod.ts';
import type { PodChange, PodState } from '../pod/update-pod.ts';
import { isPodletToken } from './podlet-token.ts';

export type SyncPorts = Pick<
  Ports,
  | 'store'
  | 'clock'
  | 'ids'
  | 'wakeups'
  | 'executions'
  | 'tasks'
  | 'settings'
  | 'readKeys'
  | 'sessions'
  | 'logs'
  | 'log'
  | 'liveTasks'
>;

export interface Credential {
  bootstrap: string;
  secret: string;
}

/** `refused`: the HTTP code that makes a stranger leave. */
export type SyncAnswer = { desired: Desired } | { refused: 401 | 403 | 410 };

/** Handles the report and answers; the request is held open for news as long as is allowed. Reports may be repeated or late. */
export async function syncPod(
  ports: SyncPorts,
  credential: Credential,
  report: Report,
  signal?: AbortSignal,
): Promise<SyncAnswer> {
  const { uid, attempt } = report;
  if (!(await isPodletToken(ports, { uid, attempt }, credential.bootstrap)))
    return { refused: 401 };
  const until =
    ports.clock.now().getTime() + (report.prompt === true ? 0 : ports.settings.syncWaitMs);
  const hash = secretHash(credential.secret);
  const { taken, restarted } = await takeReport(ports, report, hash);
  if (!taken) return { refused: 410 };
  const verdict = judge(taken.pod, taken.record, report, hash);
  if (verdict === 'refuse') return { refused: 403 };
  if (verdict === 'leave')
    return { desired: leave('Another task has taken this pod over, or it is gone') };
  if (report.sequence === 1 && isLyingAboutAddress(taken.record, report))
    ports.log('warn', 'a podlet gives another address than its task has', {
      step: 'sync',
      pod: uid,
      reported: report.podIP,
      address: taken.record.task.address,
    });
  const settled = await settle(ports, uid, taken);
  // A pod that has just been removed must not leave a heartbeat behind.
  const heartbeat = settled?.pod ? recordHeartbeat(ports, taken.record, report.usage) : undefined;
  const kept = keepLogs(ports, taken.record, restarted);
  const [answered] = await Promise.all([answer(ports, report, until, signal), heartbeat, kept]);
  return answered;
}

/** The previous run's output stays readable however much the new one writes. */
async function keepLogs(
  { logs }: SyncPorts,
  { task: { arn: taskArn } }: PodRecord,
  restarted: readonly string[],
): Promise<void> {
  if (taskArn === undefined) return;
  await Promise.all(restarted.map((container) => logs.keep?.({ taskArn, container })));
}

/** Containers of which a later run is known now. */
function restartedSince(before: PodRecord, after: PodRecord): string[] {
  return Object.entries(after.observed.containers).flatMap(([name, { current }]) => {
    const old = own(before.observed.containers, name)?.current;
    return old !== undefined && current !== undefined && current.run > old.run ? [name] : [];
  });
}

/** What a report is taken with, besides what it says. */
interface Known {
  /** Of the task, by ECS: its change may not have arrived yet. */
  address?: { privateIp?: string };
  /** With the messages of the containers that fall back to their logs. */
  completed?: Report;
}

/** Takes the report; what it turns out to lack is read before it is taken anew. */
async function takeReport(
  ports: SyncPorts,
  report: Report,
  hash: string,
  known: Known = {},
): Promise<{ taken: PodState | undefined; restarted: string[] }> {
  const last: { restarted: string[]; lacks: (() => Promise<Known>) | undefined } = {
    restarted: [],
    lacks: undefined,
  };
  const take = ({ pod, record, now }: PodState): PodChange | undefined => {
    Object.assign(last, { restarted: [], lacks: undefined });
    if (!pod || judge(pod, record, report, hash) !== 'take') return undefined;
    last.lacks = lacking(ports, { pod, record, report, known });
    if (last.lacks) return undefined;
    const addressed = withAddress(record, known.address ?? {});
    const received = receive(pod, addressed, known.completed ?? report, hash, now);
    if (received.record === record) return undefined;
    last.restarted = restartedSince(record, received.record);
    return {
      ...received,
      events: [
        ...(record.observed.sandboxReady ? [] : sandboxEvents(ports, pod, received.record)),
        ...received.events,
      ],
    };
  };
  const taken = await updatePod(ports, report.uid, take);
  const found = await last.lacks?.();
  return found
    ? takeReport(ports, report, hash, { ...known, ...found })
    : { taken, restarted: last.restarted };
}

/** How to read what the report cannot be taken without; undefined where that is nothing. */
function lacking(
  ports: SyncPorts,
  { pod, record, report, known }: { pod: Pod; record: PodRecord; report: Report; known: Known },
): (() => Promise<Known>) | undefined {
  const { arn, address } = record.task;
  if (isOutdated(record, report)) return undefined;
  if (known.address === undefined && address === undefined && report.podIP !== undefined)
    return arn === undefined
      ? undefined
      : async () => ({ address: (await ports.tasks.describe([arn])).get(arn) ?? {} });
  if (known.completed === undefined && lacksMessage(pod, record, report))
    return async () => ({ completed: await withLogMessages(ports, pod, record, report) });
  return undefined;
}

/** The kubelet's events at the creation of the sandbox. */
const sandboxEvents = ({ settings }: SyncPorts, pod: Pod, record: PodRecord): PodEvent[] =>
  record.observed.sandboxReady
    ? dnsProblems(pod, networkOf(record, settings)).map(dnsConfigForming)
    : [];

/** Checks, answers if there is news, or else waits for a change: registered before the check, so that no change is missed. */
async function answer(
  ports: SyncPorts,
  report: Report,
  until: number,
  signal?: AbortSignal,
): Promise<SyncAnswer> {
  for (;;) {
    const done = new AbortController();
    const left = until - ports.clock.now().getTime();
    const woken = ports.wakeups.wait(
      report.uid,
      Math.max(left, 0),
      AbortSignal.any([done.signal, ...(signal ? [signal] : [])]),
    );
    const look = await lookForNews(ports, report);
    if (look.news || left <= 0 || signal?.aborted) {
      endWait(done);
      await woken;
      return { desired: look.desired };
    }
    await Promise.race([woken, ports.clock.sleep(Math.min(look.dueMs, left), done.signal)]);
    endWait(done);
  }
}

interface Look {
  desired: Desired;
  news: boolean;
  dueMs: number;
}

const LAUNCH_RETRY_MS = 200;

async function lookForNews(ports: SyncPorts, report: Report): Promise<Look> {
  const state = await withWhatIsDue(ports, report.uid);
  if (!state?.pod) return { desired: leave('The pod is gone'), news: true, dueMs: 0 };
  const { pod, record, now } = state;
  const { task } = record;
  if (task.attempt !== report.attempt || task.end?.is === 'stopped')
    return { desired: leave('Another task has taken this pod over'), news: true, dueMs: 0 };
  if (task.arn === undefined && !record.end)
    return { desired: nothing(LAUNCH_RETRY_MS), news: false, dueMs: LAUNCH_RETRY_MS };
  const objects = await lookUp(
    ports,
    allocatedPod(pod, record.observed),
    record,
    report.volumes,
    now,
  );
  await writeImageEvents(ports, record, objects);
  const waiting = await showUnstartable(ports, pod, record, objects);
  const wanted = withSessions(
    ports,
    record.uid,
    desired(pod, record, report, objects, ports.settings, now),
  );
  // A newer report has arrived: this request need not be held open any longer.
  const { podlet } = record;
  const overtaken =
    isOutdated(record, report) &&
    !(podlet?.bootId === report.bootId && podlet.sequence === report.sequence);
  return {
    desired: wanted,
    news: overtaken || hasNews(wanted),
    dueMs: dueInMs(pod, record, waiting, now),
  };
}

/** Adds the streams that users have opened; they count as news. */
const withSessions = ({ sessions }: SyncPorts, uid: string, wanted: Desired): Desired =>
  sessions ? { ...wanted, sessions: sessions.pending(uid) } : wanted;

/** The current pod. If its deadline has passed since the report it is ended here, and a lasting back-off is shown in its status. */
async function withWhatIsDue(ports: SyncPorts, uid: string): Promise<PodState | undefined> {
  const state = await readPod(ports, uid);
  if (!state?.pod) return state;
  if (deadlineVerdict(state)) return updatePod(ports, uid, (newest) => deadlineVerdict(newest));
  return hasBackOffToShow(state.pod, state.record.observed, state.now)
    ? updatePod(ports, uid, ({ record }) => ({ record }))
    : state;
}

/** Writes the image events that Bind kept, once the volumes can be mounted and a container is due to start. */
async function writeImageEvents(
  ports: SyncPorts,
  { uid, task: { attempt, imageEvents } }: PodRecord,
  { starts, missing = [] }: Objects,
): Promise<void> {
  if (imageEvents === undefined || missing.length > 0 || Object.keys(starts).length === 0) return;
  await updatePod(ports, uid, ({ record }) =>
    record.task.attempt === attempt && record.task.imageEvents !== undefined
      ? { record: withoutImageEvents(record), events: record.task.imageEvents }
      : undefined,
  );
}

/** A start that cannot be ordered becomes the container's waiting reason, with an event; not before the sandbox is ready, as on a node. */
async function showUnstartable(
  ports: SyncPorts,
  pod: Pod,
  { uid, observed }: PodRecord,
  { starts, missing = [] }: Objects,
): Promise<boolean> {
  const waiting = Object.entries(starts).flatMap(([name, start]) =>
    'waiting' in start ? [{ name, ...start.waiting }] : [],
  );
  const changed = observed.sandboxReady
    ? waiting.filter(
        ({ name, message }) => own(observed.containers, name)?.waiting?.message !== message,
      )
    : [];
  if (changed.length > 0) {
    await updatePod(ports, uid, ({ record }) => ({
      record: showWaiting(
        record,
        Object.fromEntries(changed.map(({ name, ...waiting }) => [name, waiting])),
      ),
      events: changed.map(({ name, message }) => failed(name, message)),
    }));
  }
  await recordEvents(
    ports,
    pod,
    missing.map(({ volume, why }) => failedMount(volume, why)),
  );
  return waiting.length > 0 || missing.length > 0;
}
