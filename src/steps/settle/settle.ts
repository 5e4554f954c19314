// What is due after a change of a pod: answers to waiting tokens, its terminal phase, the removal of a deleted pod, the next execution,
// the stop of an orphan.
// Level-based: may be called at any time and again; the next caller makes up for a crash between its steps.
// See docs/design/sync.md.
import { wholeSeconds } from '../../kinds/time.ts';
import type { Pod } from '../../kinds/pod.ts';
import { later } from '../../later.ts';
import type { Ports } from '../../ports/ports.ts';
import { hasTask, isPhaseDue } from '../../record/conclude.ts';
import { executionName, inCharge } from '../../record/execution-name.ts';
import { dueAnswers } from '../../record/outcome.ts';
import type { DueAnswer } from '../../record/outcome.ts';
import type { PodRecord } from '../../record/record.ts';
import { taskEdits } from '../../record/task-edits.ts';
import { othersChanged } from './reschedule.ts';
import { resizePod } from './resize-pod.ts';
import { startDue } from './start-due.ts';
import { readPod, updatePod } from '../pod/update-pod.ts';
import type { PodChange, PodState } from '../pod/update-pod.ts';

export type SettlePorts = Pick<
  Ports,
  'store' | 'clock' | 'ids' | 'wakeups' | 'executions' | 'tasks' | 'liveTasks' | 'settings'
>;

/** Does what is due and returns the state after it; `known` saves a read if the caller has just written. */
export async function settle(
  ports: SettlePorts,
  uid: string,
  known?: PodState,
): Promise<PodState | undefined> {
  const state = known ?? (await readPod(ports, uid));
  if (!state) return undefined;
  const answers = dueAnswers(state.pod, state.record, state.now);
  await Promise.all(
    answers.map(({ token, outcome }) => ports.executions.succeed(token, { ...outcome })),
  );
  await stopOrphan(ports, state);
  const written = needsWrite(state, answers)
    ? await updatePod(ports, uid, (newest) => settled(newest, answers))
    : state;
  const removal = written !== undefined && isRemovalDue(written);
  const after = removal ? await updatePod(ports, uid, removed) : written;
  // A machine that waits for no token is in Bind, Launch or Back off: it would reach Finish too late.
  if (removal && answers.length === 0)
    await ports.executions.stop(executionName(inCharge(state.record)), 'The pod was deleted');
  await startDue(ports, after);
  const sized = await resizePod(ports, after);
  askForEdits(ports, sized);
  if (leavesItsPlace(state)) await othersChanged(ports);
  return sized;
}

function askForEdits({ liveTasks }: SettlePorts, state: PodState | undefined): void {
  if (!liveTasks || !state?.pod) return;
  const { add, resize } = taskEdits(state.pod, state.record, state.now);
  if (add.length > 0 || resize.length > 0) liveTasks.changed(state.record.uid);
}

async function stopOrphan({ tasks }: SettlePorts, { pod, record }: PodState): Promise<void> {
  const { arn } = record.task;
  if (!pod && arn && hasTask(record) && record.podlet?.doneAt === undefined)
    await tasks.stop(arn, 'The pod was removed');
}

/** Other pods no longer count this one, or soon will not. */
const leavesItsPlace = ({ pod, record }: PodState): boolean =>
  !pod || record.end !== undefined || pod.metadata.deletionTimestamp !== undefined;

/** The deleted pod's containers have ended, but its object does not show grace 0 yet, as the kubelet's own final delete does. */
const isGraceOver = ({ pod, record }: PodState): boolean =>
  pod?.metadata.deletionTimestamp !== undefined &&
  record.end !== undefined &&
  pod.metadata.deletionGracePeriodSeconds !== 0;

/** Watchers have seen grace 0 on the deleted pod, and no finalizer holds its object. */
const isRemovalDue = ({ pod, record }: PodState): boolean =>
  pod?.metadata.deletionTimestamp !== undefined &&
  pod.metadata.deletionGracePeriodSeconds === 0 &&
  record.end !== undefined &&
  (pod.metadata.finalizers ?? []).length === 0;

const mayForget = (record: PodRecord): boolean =>
  Object.keys(record.tokens).length === 0 &&
  (!hasTask(record) || record.podlet?.doneAt !== undefined);

const needsWrite = (state: PodState, answers: readonly DueAnswer[]): boolean =>
  answers.length > 0 || !state.pod || isPhaseDue(state.pod, state.record) || isGraceOver(state);

function settled(state: PodState, answers: readonly DueAnswer[]): PodChange {
  const answered = new Set(answers.map(({ token }) => token));
  const tokens = Object.fromEntries(
    Object.entries(state.record.tokens).filter(([, { token }]) => !answered.has(token)),
  );
  const record = { ...state.record, tokens };
  if (state.pod) return isGraceOver(state) ? { record, pod: atItsEnd(state.pod) } : { record };
  return mayForget(record)
    ? { record, removeRecord: true }
    : { record: { ...record, end: { is: 'orphaned' } } };
}

/** Removes the object; the record stays for what is still due. */
function removed(state: PodState): PodChange | undefined {
  const { record } = state;
  if (!isRemovalDue(state)) return undefined;
  return mayForget(record)
    ? { record, removePod: true, removeRecord: true }
    : { record: { ...record, end: { is: 'orphaned' } }, removePod: true };
}

/** With grace 0 the deletion time is the time of the request, as the API server writes it. */
function atItsEnd({ metadata, ...pod }: Pod): Pod {
  const { deletionTimestamp = '', deletionGracePeriodSeconds = 0 } = metadata;
  const deletedAt = wholeSeconds(later(new Date(deletionTimestamp), -deletionGracePeriodSeconds));
  return {
    ...pod,
    metadata: { ...metadata, deletionTimestamp: deletedAt, deletionGracePeriodSeconds: 0 },
  };
}
