// Every minute while pods live: looks at all pods, tasks and executions and makes up for lost messages and calls.
// See docs/design/pod.md.
import { isStaticWorkLeft } from '../static/static-pods-watcher.ts';
import { sweepPod } from './sweep-pod.ts';
import { restSweep } from './sweep-switch.ts';
import { sweepTasks } from './sweep-tasks.ts';
import { apiUpSince } from './up-time.ts';
import { toRecord } from '../pod/record-for.ts';
import type { Ports } from '../../ports/ports.ts';
import { hasTask, isFinished } from '../../record/conclude.ts';
import type { PodRecord } from '../../record/record.ts';

const podRecords = async ({ store }: Ports): Promise<PodRecord[]> =>
  (await store.listRecords('pod/')).map(({ value }) => toRecord(value));

/** Names of the namespaces whose end has begun. */
const terminating = async ({ store }: Ports): Promise<string[]> =>
  (await store.list({ resource: 'namespaces' })).objects.flatMap(
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

/** Sweeps once. A fault in one pod does not stop the others; all faults are thrown together at the end. */
export async function sweep(
  ports: Ports,
  endNamespace: (ports: Ports, name: string) => Promise<void>,
): Promise<{ pods: number }> {
  const upSince = await apiUpSince(ports);
  const running = await ports.tasks.listRunning();
  const records = await podRecords(ports);
  const statuses = new Map(running.map(({ taskArn, lastStatus }) => [taskArn, lastStatus]));
  const faults: Error[] = [];
  const attempt = <T>(what: string, step: Promise<T>): Promise<T | undefined> =>
    step.catch(
      (cause: unknown) =>
        void faults.push(
          new Error(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, {
            cause,
          }),
        ),
    );
  let renewals = 0;
  for (const record of records) {
    const mayRenew = renewals < MAX_RENEWALS;
    if (
      await attempt(`pod ${record.uid}`, sweepPod(ports, record, { upSince, statuses, mayRenew }))
    )
      renewals++;
  }
  await attempt('tasks', sweepTasks(ports, running));
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
  return { pods: records.length };
}
