// The answer to a Start container state, and when it is due. Pure: the same record gives the same answers.
import type { Pod } from '../kinds/pod.ts';
import { own } from '../own.ts';
import { podDone } from '../pod/run/order.ts';
import type { Run } from '../protocol/run.ts';
import { exitCodeOf, hasEnded, isFailure, restartRule } from '../pod/run/restart.ts';
import { present } from '../present.ts';
import type { Outcome, PodRecord, WaitingToken } from './record.ts';

/** The answer that ends a body, whatever its policy. */
export const leaveOutcome = (now: Date): Outcome => ({
  failed: false,
  exitCode: 0,
  restartAt: now.toISOString(),
  leave: true,
});

/** The same for a run of the pod: if it ended in this generation its exit is answered, so that the history shows it. */
export function leaveAfter(
  pod: Pod | undefined,
  record: PodRecord,
  { name, run, generation }: { name: string; run: number; generation: number },
  now: Date,
): Outcome {
  const { current, previous } = own(record.observed.containers, name) ?? {};
  const ended = [current, previous].find((one) => one?.run === run && hasEnded(one));
  if (!ended || record.generation.number !== generation) return leaveOutcome(now);
  const exitCode = exitCodeOf(ended);
  return {
    ...leaveOutcome(now),
    failed: pod ? isFailure(pod, name, ended) : exitCode !== 0,
    exitCode,
  };
}

/** Whether for executions of `generation` the pod is gone or over: nothing will be started for them any more. */
export function isOver(pod: Pod | undefined, record: PodRecord, generation: number): boolean {
  return (
    !pod ||
    record.end !== undefined ||
    record.generation.number !== generation ||
    record.task.end?.is === 'stopped'
  );
}

/** The answer for `run` of a container once that run is over; undefined before. */
export function outcomeOf(
  pod: Pod,
  record: PodRecord,
  name: string,
  run: number,
  now: Date,
): Outcome | undefined {
  const { current, previous, backOff } = own(record.observed.containers, name) ?? {};
  if (!current || current.run < run) return lostRun(previous, run, now);
  if (current.run === run && !hasEnded(current)) return undefined;
  const ended = current.run === run ? current : previous?.run === run ? previous : undefined;
  const restartAt = (current.run === run ? backOff?.until : undefined) ?? now.toISOString();
  if (!ended)
    return {
      failed: true,
      exitCode: 0,
      rule: 'Restart',
      restartAt,
      leave: podDone(pod, record.observed),
    };
  const rule = current.run > run ? 'Restart' : restartRule(pod, name, ended);
  return {
    failed: isFailure(pod, name, ended),
    exitCode: exitCodeOf(ended),
    ...present({ rule: rule || undefined }),
    restartAt,
    leave: podDone(pod, record.observed),
  };
}

/** The run belongs to an earlier sandbox: the body continues with the next run. */
function lostRun(previous: Run | undefined, run: number, now: Date): Outcome | undefined {
  if (!previous || previous.run < run) return undefined;
  return {
    failed: true,
    exitCode: exitCodeOf(previous),
    rule: 'Restart',
    restartAt: now.toISOString(),
    leave: false,
  };
}

export interface DueAnswer {
  container: string;
  token: string;
  outcome: Outcome;
}

/** The tokens that must be answered now. They are recorded first, answered second and deleted third (docs/design/sync.md). */
export function dueAnswers(pod: Pod | undefined, record: PodRecord, now: Date): DueAnswer[] {
  return Object.entries(record.tokens).flatMap(([container, waiting]) => {
    const outcome = answerTo(pod, record, container, waiting, now);
    return outcome ? [{ container, token: waiting.token, outcome }] : [];
  });
}

function answerTo(
  pod: Pod | undefined,
  record: PodRecord,
  container: string,
  waiting: WaitingToken,
  now: Date,
): Outcome | undefined {
  if (!pod || isOver(pod, record, waiting.generation))
    return leaveAfter(pod, record, { name: container, ...waiting }, now);
  return outcomeOf(pod, record, container, waiting.run, now);
}

/** The newer of two tokens of one run wins, by (entered time, retry count); of two runs the higher. */
export function isNewer(token: WaitingToken, than: WaitingToken | undefined): boolean {
  if (!than || token.generation !== than.generation)
    return (than?.generation ?? 0) < token.generation;
  if (token.run !== than.run) return token.run > than.run;
  if (token.enteredAt !== than.enteredAt) return token.enteredAt > than.enteredAt;
  return token.retryCount >= than.retryCount;
}
