// Every minute while pods live: looks at all pods, tasks and executions and makes up for lost messages and calls.
// See docs/design/pod.md.
import { isStaticWorkLeft } from '../static/static-pods-watcher.ts';
import { beginSweep, leaveOff, notAnswering } from './last-sweep.ts';
import type { LastSweep } from './last-sweep.ts';
import { isSyncSilent } from './silent-sync.ts';
import { sweepPod } from './sweep-pod.ts';
import type { Sweep } from './sweep-pod.ts';
import { restSweep } from './sweep-switch.ts';
import { sweepTasks } from './sweep-tasks.ts';
import { unlistedTasks } from './unlisted-tasks.ts';
import { visitAll } from './visit-all.ts';
import { Unavailable } from '../../errors.ts';
import { toRecord } from '../pod/record-for.ts';
import type { Ports } from '../../ports/ports.ts';
import type { RunningTask } from '../../ports/tasks.ts';
import { hasTask, isFinished } from '../../record/conclude.ts';
import type { PodRecord } from '../../record/record.ts';

const podRecords = async ({ store }: Ports): Promise<PodRecord[]> =>
  (await store.listRecords('pod/')).map(({ value }) => toRecord(value));

/** Names of the namespaces whose end has begun. */
const terminating = async ({ store }: Ports): Promise<string[]> =>
  (await store.listObjects({ resource: 'namespaces' })).objects.flatMap(
    ({ metadata: { name, deletionTimestamp } }) =>
      name !== undefined && deletionTimestamp !== undefined ? [name] : [],
  );

const lives = (record: PodRecord): boolean =>
  !isFinished(record) || Object.keys(record.tokens).length > 0 || hasTask(record);

/** Lets the schedule rest while no pod lives. `treated`: namespaces that wait for others than sweep. */
async function restWithoutPods(ports: Ports, treated: string[]): Promise<void> {
  const isBusy = async (): Promise<boolean> =>
    (await podRecords(ports)).some(lives) ||
    (await isStaticWorkLeft(ports)) ||
    (await terminating(ports)).some((name) => !treated.includes(name));
  if (!ports.sweepRule || (await isBusy())) return;
  // Secrets are billed by the month; those of pods that have just gone wait for the next sweep.
  if (((await ports.pullSecrets?.clear()) ?? 0) > 0) return;
  await restSweep(ports, isBusy);
}

const MAX_MESSAGE = 4_096;

/** How many pods one sweep hands over to a new revision of the machine: each takes a handful of calls. */
const MAX_RENEWALS = 100;

/** How many pods are looked at at once: each is a few calls one after another. */
const AT_ONCE = 25;
/** Of the function's two minutes (Lambda), so that the next sweep, a minute later, takes up what this one has left. */
const PODS_MS = { beginMs: 45_000, endMs: 60_000 };

/** Runs a step and keeps its fault. */
type Attempt = (what: string, step: Promise<unknown>) => Promise<void>;

/** Sweeps once. A fault in one pod does not stop the others; all faults are thrown together at the end. `left`: pods without a turn. */
export async function sweep(
  ports: Ports,
  endNamespace: (ports: Ports, name: string) => Promise<void>,
): Promise<{ pods: number; left: number }> {
  const before = await beginSweep(ports);
  const running = await ports.tasks.listRunning();
  const records = await podRecords(ports);
  const last = (await isSyncSilent(ports, records)) ? await notAnswering(ports, before) : before;
  const faults: Error[] = [];
  const attempt: Attempt = async (what, step) => {
    await step.catch((cause: unknown) => {
      const message = cause instanceof Error ? cause.message : String(cause);
      faults.push(new Error(`${what}: ${message}`, { cause }));
    });
  };
  const left = await sweepPods(ports, { last, running, records }, attempt);
  await attempt('tasks', sweepTasks(ports, running, records));
  const ending = await terminating(ports);
  for (const namespace of ending)
    await attempt(`namespace ${namespace}`, endNamespace(ports, namespace));
  if (faults.length > 0)
    throw new AggregateError(
      faults,
      faults
        .map(({ message }) => message)
        .join('; ')
        .slice(0, MAX_MESSAGE),
    );
  await restWithoutPods(ports, ending);
  return { pods: records.length, left };
}

interface Found {
  last: LastSweep;
  running: readonly RunningTask[];
  records: readonly PodRecord[];
}

/** Looks at the pods from where the last sweep left off; returns how many had no turn. */
async function sweepPods(
  ports: Ports,
  { last: { upSince, next = '' }, running, records }: Found,
  attempt: Attempt,
): Promise<number> {
  const statuses = new Map(running.map(({ taskArn, lastStatus }) => [taskArn, lastStatus]));
  const unlisted = records
    .filter((record) => hasTask(record))
    .flatMap(({ task: { arn } }) => (arn === undefined || statuses.has(arn) ? [] : [arn]));
  const known: Sweep = {
    upSince,
    statuses,
    lookUp: await unlistedTasks(ports, unlisted),
    renewals: { left: MAX_RENEWALS },
  };
  const waiting = records.filter(({ uid }) => uid >= next);
  const { left, unfinished } = await visitAll(
    [...waiting, ...records.filter(({ uid }) => uid < next)],
    (record) => attempt(`pod ${record.uid}`, sweepPod(ports, record, known)),
    { clock: ports.clock, atOnce: AT_ONCE, ...PODS_MS },
  );
  for (const { uid } of unfinished)
    await attempt(`pod ${uid}`, Promise.reject(new Unavailable('no answer in time')));
  const [first] = left;
  if (first) await attempt('turn', leaveOff(ports, upSince, first.uid));
  return left.length;
}
