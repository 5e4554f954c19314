// terminationMessagePolicy FallbackToLogsOnError: supervise hands its process's output directly to the engine, so the message of a failed
// run is read from the pod's log when its exit is reported.
import type { Pod } from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import { findContainer } from '../../pod/model/containers.ts';
import type { Run } from '../../protocol/run.ts';
import type { Ports } from '../../ports/ports.ts';
import type { ContainerReport, Report } from '../../protocol/messages.ts';
import { lastLines, runsOf } from '../../logs/read-run.ts';
import type { PodRecord } from '../../record/record.ts';

/** The last 2048 bytes of the log's last 80 lines (kubelet `MaxContainerTerminationMessageLogLines`, `…LogLength`). */
const LAST_LINES = 80;
const LAST_BYTES = 2048;

/** The last output reaches the log after the exit is reported: the first pause between the looks for the run's end, as a part of that time, and the longest. */
const FIRST_PART = 1 / 30;
const LONGEST_PAUSE_MS = 2_000;

type LogPorts = Pick<Ports, 'logs' | 'clock'>;

/** The report with messages for newly failed runs whose container falls back to its log. */
export async function withLogMessages(
  ports: LogPorts,
  pod: Pod,
  record: PodRecord,
  report: Report,
): Promise<Report> {
  const containers: [string, ContainerReport][] = await Promise.all(
    Object.entries(report.containers).map(async ([name, reported]) => {
      const { run } = reported;
      if (!run || !wantsLog(pod, record, name, run)) return [name, reported];
      return [
        name,
        { ...reported, run: { ...run, message: await logTail(ports, record, name, run) } },
      ];
    }),
  );
  return { ...report, containers: Object.fromEntries(containers) };
}

/** Whether a run that is reported to have failed waits for such a message. */
export const lacksMessage = (pod: Pod, record: PodRecord, { containers }: Report): boolean =>
  Object.entries(containers).some(
    ([name, { run }]) => run !== undefined && wantsLog(pod, record, name, run),
  );

function wantsLog(pod: Pod, { observed }: PodRecord, name: string, run: Run): boolean {
  if (findContainer(pod, name)?.terminationMessagePolicy !== 'FallbackToLogsOnError') return false;
  const container = own(observed.containers, name);
  // A run that was never ordered is not believed: no log is read for it.
  if (run.run > (container?.desiredRun ?? 0)) return false;
  const known = container?.current;
  const isNew =
    known === undefined ||
    known.run < run.run ||
    (known.run === run.run && known.exitCode === undefined);
  return (
    isNew &&
    run.exitCode !== undefined &&
    run.exitCode !== 0 &&
    !run.message &&
    run.startError === undefined
  );
}

async function logTail(
  { logs, clock }: LogPorts,
  { task: { arn: taskArn }, logNonce }: PodRecord,
  container: string,
  run: Run,
): Promise<string> {
  if (!taskArn) return '';
  const until = clock.now().getTime() + logs.lateMs;
  for (let pauseMs = logs.lateMs * FIRST_PART; ; pauseMs *= 2) {
    const { lines, position } = await lastLines(
      {
        logs,
        tasks: [taskArn],
        container,
        run: run.run,
        nonce: logNonce,
        began: runsOf({ desiredRun: run.run, current: run }),
      },
      LAST_LINES,
    );
    const left = until - clock.now().getTime();
    if (position.ended || left <= 0)
      return Buffer.concat(lines.map(({ bytes }) => bytes))
        .subarray(-LAST_BYTES)
        .toString('utf8');
    await clock.sleep(Math.min(pauseMs, LONGEST_PAUSE_MS, left));
  }
}
