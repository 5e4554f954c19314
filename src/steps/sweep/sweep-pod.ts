// Sweep's check of one pod: whether its execution, task and podlet are alive, its deadline has passed, or anything is due.
import { DEFAULT_GRACE_SECONDS } from '../../protocol/messages.ts';
import { specGraceSeconds } from '../../pod/run/grace.ts';
import { isGated } from '../../pod/model/containers.ts';
import { nodeNotReady } from '../../pod/events/pod-events.ts';
import { podDone } from '../../pod/run/order.ts';
import type { TaskArn } from '../../ports/identity.ts';
import type { Ports } from '../../ports/ports.ts';
import { hasTask } from '../../record/conclude.ts';
import { failureOf } from '../../record/execution-facts.ts';
import { executionName, inCharge } from '../../record/execution-name.ts';
import { isExhausted, isOutdated } from '../../record/hand-over.ts';
import type { PodRecord } from '../../record/record.ts';
import {
  isFailedStart,
  nodeLostMessage,
  taskEnded,
  withVerdict,
} from '../../record/task-change.ts';
import { lastHeartbeat } from '../sync/heartbeat.ts';
import { deadlineVerdict } from '../settle/deadline-verdict.ts';
import { observeTask } from '../observe/observe-task.ts';
import { succeedExecution } from '../observe/observe-execution.ts';
import { settle } from '../settle/settle.ts';
import type { SettlePorts } from '../settle/settle.ts';
import { podKey, updatePod } from '../pod/update-pod.ts';
import { toPod } from '../../pod/model/to-pod.ts';
import type { PodChange, PodState } from '../pod/update-pod.ts';
import type { LookUpTask } from './unlisted-tasks.ts';

/** Ready becomes Unknown after this much silence. */
const SILENT_MS = 40_000;
/** The node counts as lost after this much silence. */
const LOST_MS = 300_000;

/** What a sweep knows before it checks single pods. */
export interface Sweep {
  upSince: Date;
  /** lastStatus of the running tasks. */
  statuses: ReadonlyMap<TaskArn, string | undefined>;
  /** Looks up the others. */
  lookUp: LookUpTask;
  /** How many pods may still be handed over to another revision; the rest can wait for the next sweep. */
  renewals: { left: number };
}

type PodSweepPorts = SettlePorts & Pick<Ports, 'settings'>;

/** Does for one pod whatever lost messages have left undone; may be called at any time, with a record that is older. */
export async function sweepPod(
  ports: PodSweepPorts,
  record: PodRecord,
  { upSince, statuses, lookUp, renewals }: Sweep,
): Promise<void> {
  const { uid } = record;
  if (isAtRest(record) || (await isHeld(ports, record))) return;
  const { arn } = record.task;
  const listed = arn && hasTask(record) ? statuses.get(arn) : undefined;
  const status = listed ?? (await sweepTask(ports, record, lookUp));
  const silentMs = await silence(ports, record, upSince);
  // Silence of one task says nothing about the next, nor that before its podlet's first report about what came after.
  const silentNow = ({ record: newest }: PodState): number =>
    newest.task.arn === arn && (record.podlet || !newest.podlet) ? silentMs : 0;
  const state = await updatePod(ports, uid, (newest) =>
    withoutOldEvents(swept(newest, silentNow(newest)), newest.now),
  );
  if (!state) return;
  await settle(ports, uid, state);
  await stopOverdue(ports, state, status === 'RUNNING' ? silentNow(state) : 0);
  await sweepExecution(ports, state, renewals);
}

/** Finished, its task gone, nothing due: only the object remains, to be read. */
const isAtRest = (record: PodRecord): boolean =>
  record.end?.is === 'rest' && !hasTask(record) && Object.keys(record.tokens).length === 0;

/** Gated, and nothing has begun: there may be thousands, and only an edit or a deletion changes one. */
async function isHeld({ store }: Pick<Ports, 'store'>, record: PodRecord): Promise<boolean> {
  const { uid, task, end, dueEvents, tokens, observed } = record;
  const hasBegun =
    task.arn !== undefined ||
    end !== undefined ||
    dueEvents !== undefined ||
    observed.acceptedAt !== undefined ||
    observed.verdict !== undefined ||
    Object.keys(tokens).length > 0;
  if (hasBegun) return false;
  const pod = await store.get(podKey(record));
  return (
    pod?.metadata.uid === uid && pod.metadata.deletionTimestamp === undefined && isGated(toPod(pod))
  );
}

/** Handles the task's end if no message has reported it; returns its lastStatus. */
async function sweepTask(
  ports: SettlePorts,
  known: PodRecord,
  lookUp: LookUpTask,
): Promise<string | undefined> {
  const {
    uid,
    task: { arn: taskArn },
  } = known;
  if (!taskArn || !hasTask(known)) return undefined;
  const facts = await lookUp(taskArn);
  if (facts) {
    if (facts.lastStatus === 'STOPPED' || facts.containers.some(isFailedStart))
      await observeTask(ports, { ...facts, startedBy: uid });
    return facts.lastStatus;
  }
  // ECS forgets a task an hour after its end, and may not show a new one for some minutes.
  await updatePod(ports, uid, ({ pod, record, now }) =>
    record.task.arn === taskArn && hasTask(record) && isLongLaunched(record, now)
      ? taskEnded(pod, record, {}, now)
      : undefined,
  );
  return undefined;
}

/** Other calls of ECS lag behind RunTask's response, by minutes at worst. */
const KNOWN_LATEST_MS = 600_000;

const isLongLaunched = ({ task: { launchedAt } }: PodRecord, now: Date): boolean =>
  launchedAt === undefined || now.getTime() - Date.parse(launchedAt) > KNOWN_LATEST_MS;

async function silence(ports: SettlePorts, record: PodRecord, upSince: Date): Promise<number> {
  if (!hasTask(record) || record.end) return 0;
  // A podlet that has just reported for the first time may have no heartbeat yet, or only its predecessor's.
  const reportedAt = record.podlet ? await lastHeartbeat(ports, record.uid) : undefined;
  const known = [reportedAt, record.task.launchedAt, upSince].flatMap((time) =>
    time === undefined ? [] : [new Date(time).getTime()],
  );
  return ports.clock.now().getTime() - Math.max(...known);
}

/** Finished and without a task, it is at rest; a deleted pod's object still has to be removed. */
function atRest({ pod, record }: PodState): PodRecord {
  const { end } = record;
  const mayRest =
    end?.is === 'finished' && !hasTask(record) && pod?.metadata.deletionTimestamp === undefined;
  return mayRest ? { ...record, end: { is: 'rest', at: end.at } } : record;
}

function swept(state: PodState, silentMs: number): PodChange {
  const { pod, record, now } = state;
  if (!pod || record.end) return { record: atRest(state) };
  const over = deadlineVerdict(state);
  if (over) return over;
  // A podlet that has never reported is not a lost node: its task is stopped and replaced.
  if (!record.podlet) return { record };
  if (silentMs >= LOST_MS && !record.observed.verdict) {
    return {
      record: withVerdict(record, 'NodeLost', nodeLostMessage(pod)),
      events: [nodeNotReady()],
    };
  }
  if (silentMs >= SILENT_MS && !record.observed.silentSince) {
    return {
      record: {
        ...record,
        observed: {
          ...record.observed,
          silentSince: new Date(now.getTime() - silentMs).toISOString(),
        },
      },
    };
  }
  return { record };
}

/** Nothing has changed the pod since, so this change makes sure that its last events are stored. */
function withoutOldEvents(change: PodChange, now: Date): PodChange {
  const { dueEvents, ...record } = change.record;
  return dueEvents !== undefined && now.getTime() - Date.parse(dueEvents.at) >= EVENTS_DUE_MS
    ? { ...change, record }
    : change;
}

const EVENTS_DUE_MS = 30_000;

/** Stops what should have ended already: a silent task, and a pod whose grace is over. */
async function stopOverdue(
  { tasks, clock }: SettlePorts,
  { pod, record }: PodState,
  silentMs: number,
): Promise<void> {
  const { arn, terminatingSince } = record.task;
  if (!arn || !hasTask(record)) return;
  const deletion = pod?.metadata.deletionTimestamp;
  const graceMs = (pod ? specGraceSeconds(pod) : DEFAULT_GRACE_SECONDS) * 1000;
  const end =
    deletion !== undefined
      ? Date.parse(deletion)
      : terminatingSince === undefined
        ? Infinity
        : Date.parse(terminatingSince) + graceMs;
  const overdue = clock.now().getTime() > end + OVERDUE_MS;
  const reason =
    record.end?.is === 'orphaned'
      ? 'The pod was removed'
      : overdue
        ? 'The grace period is over'
        : silentMs >= LOST_MS
          ? 'The podlet stopped reporting'
          : undefined;
  if (reason !== undefined) await tasks.stop(arn, reason);
}

const OVERDUE_MS = 10_000;

/** How often an execution is checked for an end that no message reported. Each check is billed, so pods are spread over the minutes. */
const EXECUTION_LOOK_MINUTES = 5;

function isExecutionsTurn({ uid, podlet, generation }: PodRecord, now: Date): boolean {
  if (!podlet || generation.failures !== undefined) return true;
  const minute = Math.floor(now.getTime() / 60_000);
  return (
    minute % EXECUTION_LOOK_MINUTES === Number.parseInt(uid.slice(-4), 16) % EXECUTION_LOOK_MINUTES
  );
}

async function sweepExecution(
  ports: PodSweepPorts,
  { pod, record }: PodState,
  renewals: Sweep['renewals'],
): Promise<void> {
  if (
    !pod ||
    record.end ||
    record.task.end?.is === 'stopped' ||
    podDone(pod, record.observed) ||
    isGated(pod)
  )
    return;
  const now = ports.clock.now();
  const handOver =
    isExhausted(record) ||
    (renewals.left > 0 && isOutdated(record, ports.settings.machineRevision, now));
  if (!handOver && !isExecutionsTurn(record, now)) return;
  // Counted before anything is awaited: other pods are looked at meanwhile.
  if (handOver) renewals.left--;
  const ref = inCharge(record);
  const known = await ports.executions.describe(executionName(ref));
  if (known === undefined) await ports.executions.start(executionName(ref), { ...ref });
  else if (known.status !== 'RUNNING' || handOver)
    await succeedExecution(ports, ref, failureOf(known));
}
