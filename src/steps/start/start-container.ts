// The machine's Start container state: stores the desired run with the task token, which is answered when the exit is observed.
// See docs/design/pod.md.
import { showingFaults } from '../pod/showing-faults.ts';
import { updatePod } from '../pod/update-pod.ts';
import type { PodChange, PodState } from '../pod/update-pod.ts';
import { own } from '../../own.ts';
import type { Ports } from '../../ports/ports.ts';
import { podDone } from '../../pod/run/order.ts';
import { countingRuns } from '../../record/hand-over.ts';
import { changeContainer } from '../../record/change-container.ts';
import { isTaskEnding } from '../../record/conclude.ts';
import { isNewer, isOver, leaveAfter, leaveOutcome, outcomeOf } from '../../record/outcome.ts';
import type { Outcome, PodRecord, WaitingToken } from '../../record/record.ts';

export interface StartContainerInput {
  uid: string;
  generation: number;
  container: string;
  run: number;
  token: string;
  enteredAt: string;
  retryCount: number;
}

type StartPorts = Pick<Ports, 'store' | 'clock' | 'ids' | 'wakeups' | 'executions' | 'log'>;

/** Ensures the run: if it is over, the token is answered at once; otherwise run and token are stored in one write. May be called again. */
export const startContainer = showingFaults('Start container', start);

async function start(ports: StartPorts, input: StartContainerInput): Promise<void> {
  let known: Outcome | undefined;
  const state = await updatePod(ports, input.uid, (newest) => {
    known = knownOutcome(newest, input);
    return known ? undefined : ensureRun(newest, input);
  });
  if (!state) known = leaveOutcome(ports.clock.now());
  if (known) await ports.executions.succeed(input.token, { ...known });
}

/** The answer without any run: the run is over, or nothing will be started any more. */
function knownOutcome(
  { pod, record, now }: PodState,
  { generation, container, run }: StartContainerInput,
): Outcome | undefined {
  if (!pod || isOver(pod, record, generation))
    return leaveAfter(pod, record, { name: container, run, generation }, now);
  const outcome = outcomeOf(pod, record, container, run, now);
  if (outcome) return outcome;
  const begun = own(record.observed.containers, container)?.current?.run === run;
  return !begun && (podDone(pod, record.observed) || isTaskEnding(record))
    ? leaveOutcome(now)
    : undefined;
}

function ensureRun({ record }: PodState, input: StartContainerInput): PodChange | undefined {
  const { container, run, token, enteredAt, retryCount, generation } = input;
  const waiting: WaitingToken = { token, run, enteredAt, retryCount, generation };
  if (!isNewer(waiting, own(record.tokens, container))) return undefined;
  return { record: withRun(record, container, run, waiting) };
}

function withRun(record: PodRecord, name: string, run: number, waiting: WaitingToken): PodRecord {
  const ordered = run > (own(record.observed.containers, name)?.desiredRun ?? 0);
  const next = changeContainer(record, name, (container) => ({
    ...container,
    desiredRun: Math.max(container.desiredRun, run),
  }));
  return {
    ...countingRuns(next, ordered ? 1 : 0),
    tokens: { ...record.tokens, [name]: waiting },
  };
}
