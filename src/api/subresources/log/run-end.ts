// When the run that somebody follows has ended, as far as the pod's record knows.
import type { Ending, Followed } from '../../../logs/follow-run.ts';
import type { RunSource } from '../../../logs/read-run.ts';
import { own } from '../../../own.ts';
import type { ObservedContainer } from '../../../pod/run/observed.ts';
import type { PodRecord } from '../../../record/record.ts';
import { recordKey, toRecord } from '../../../steps/pod/record-for.ts';
import type { ApiPorts } from '../../call.ts';

/** Where a wake comes from another process, each look is a billed read: together with those at the log one a second. */
const LOOK_AGAIN_MS = { local: 1000, aws: 2000 };

/** The pod's record; undefined where there is none (any more). */
export async function recordOf(
  { store }: Pick<ApiPorts, 'store'>,
  uid: string,
): Promise<PodRecord | undefined> {
  const stored = await store.getRecord(recordKey(uid));
  return stored === undefined ? undefined : toRecord(stored.value);
}

/** Every task that the pod has had, with the present one last. */
export const tasksOf = (record: PodRecord | undefined): RunSource['tasks'] => [
  ...(record?.tasks ?? []).map(({ taskArn }) => taskArn),
  ...(record?.task.arn ? [record.task.arn] : []),
];

/** When a run finished, in milliseconds; NaN where that is not known. */
export function finishedAtOf(observed: ObservedContainer | undefined, run: number): number {
  const found = [observed?.current, observed?.previous].find((one) => one?.run === run);
  return Date.parse(found?.finishedAt ?? '');
}

/** Resolves once the run has ended or the pod is gone. */
export function whenOver(
  ports: ApiPorts,
  uid: string,
  { container, run }: Pick<Followed, 'container' | 'run'>,
): Ending {
  return async (signal) => {
    while (!signal.aborted) {
      const record = await recordOf(ports, uid);
      const endedAt = endOf(record, container, run);
      const now = ports.clock.now().getTime();
      if (endedAt !== undefined) return Number.isNaN(endedAt) ? now : Math.min(endedAt, now);
      await lookAgain(ports, uid, signal);
    }
    return ports.clock.now().getTime();
  };
}

/** Undefined: it goes on; NaN: over at an unknown time. */
function endOf(record: PodRecord | undefined, container: string, run: number): number | undefined {
  const observed = own(record?.observed.containers, container);
  const current = observed?.current;
  if (record === undefined || current === undefined) return NaN;
  if (current.run > run || current.finishedAt !== undefined || current.exitCode !== undefined)
    return finishedAtOf(observed, run);
  return record.task.end?.is === 'stopped' ? Date.parse(record.task.end.at) : undefined;
}

function lookAgain({ settings, wakeups, clock }: ApiPorts, uid: string, signal: AbortSignal) {
  const ms = LOOK_AGAIN_MS[settings.mode];
  return settings.mode === 'aws' ? clock.sleep(ms, signal) : wakeups.wait(uid, ms, signal);
}
