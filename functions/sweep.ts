// Every minute while pods live: looks at all pods, tasks and executions and does what no message has done. The net under every lost call.
import { lambda } from '../src/aws/lambda.ts';
import { sweepEvents } from '../src/events/sweep-events.ts';
import { sweepPod } from '../src/lifecycle/sweep-pod.ts';
import { sweepTasks } from '../src/lifecycle/sweep-tasks.ts';
import { apiUpSince } from '../src/lifecycle/up-time.ts';
import type { SettlePorts } from '../src/lifecycle/settle.ts';
import { toRecord } from '../src/lifecycle/record-for.ts';

/** Sweeps once; one pod's fault does not keep the others from being looked at, it is thrown at the end. */
export async function sweep(ports: SettlePorts): Promise<{ pods: number }> {
  const upSince = await apiUpSince(ports);
  const records = (await ports.store.listRecords('pod/')).map(({ value }) => toRecord(value));
  const faults: unknown[] = [];
  for (const record of records) {
    await sweepPod(ports, record, upSince).catch((error: unknown) => faults.push(error));
  }
  await sweepTasks(ports);
  await sweepEvents(ports);
  if (faults.length > 0) throw faults[0];
  return { pods: records.length };
}

export const handler = lambda(sweep);
