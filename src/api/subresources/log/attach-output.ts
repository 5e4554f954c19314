// What a container writes from now on: attach's output for containers whose streams belong to the engine (no stdin, no tty).
import type { Pod } from '../../../kinds/pod.ts';
import { own } from '../../../own.ts';
import { findContainer } from '../../../pod/model/containers.ts';
import { followLines } from '../../../logs/follow-run.ts';
import type { Followed } from '../../../logs/follow-run.ts';
import { lastLines, runsOf } from '../../../logs/read-run.ts';
import type { RunLine } from '../../../logs/split-runs.ts';
import type { ApiPorts } from '../../call.ts';
import { recordOf, tasksOf, whenOver } from './run-end.ts';

/** Whether the session itself carries no output because the supervisor writes it straight to the log. */
export function writesToLogOnly(pod: Pod, container: string): boolean {
  const found = findContainer(pod, container);
  return found !== undefined && found.stdin !== true && found.tty !== true;
}

/** The present run's lines after the call, until the run ends or the signal aborts. */
export async function* attachOutput(
  ports: ApiPorts,
  pod: Pod,
  container: string,
  signal: AbortSignal,
): AsyncGenerator<RunLine> {
  const uid = pod.metadata.uid ?? '';
  const record = await recordOf(ports, uid);
  const observed = own(record?.observed.containers, container);
  const run = observed?.current?.run ?? 1;
  const source: Followed = {
    logs: ports.logs,
    clock: ports.clock,
    tasks: record?.task.arn ? tasksOf(record).slice(-1) : [],
    container,
    run,
    nonce: record?.logNonce ?? '',
    began: runsOf(observed),
  };
  const { position } = await lastLines(source, 1);
  yield* followLines(source, position, whenOver(ports, uid, source), signal);
}
