// The billed transitions of an execution of the pod's machine, and that it ends with its pod.
import { failed, seen, unproven, type Assumption } from '../assumption.ts';
import { main } from '../containers.ts';

/** For a pod of one container that runs to its end (docs/decisions.md). */
const TRANSITIONS = 12;

/** Whether a Parallel state of the history shows which states its branches enter. */
function showsBranches(events: string[]): boolean {
  const within = events.slice(
    events.indexOf('ParallelStateEntered') + 1,
    events.lastIndexOf('ParallelStateExited'),
  );
  return within.some((type) => type.endsWith('StateEntered'));
}

export const transitions: Assumption = {
  id: 'transitions',
  assumed:
    'a token answered by SendTaskSuccess ends its state, and retries are not counted where nothing fails',
  proof: `the execution of a pod of one container SUCCEEDED with ${TRANSITIONS} states entered`,
  uses: { pods: 1 },
  isQuick: true,
  async prove(lab) {
    const { metadata } = await lab.runPod(main('true'));
    const name = metadata.annotations?.['droppod/execution'];
    if (name === undefined) return failed('the pod does not name its execution');
    const arn = `${lab.output('StateMachine').replace(':stateMachine:', ':execution:')}:${name}`;
    const { status, events } = await lab.until('the end of the execution', async () => {
      const found = await lab.aws.execution(arn);
      return found.status === 'RUNNING' ? undefined : found;
    });
    const entered = events.filter((type) => type.endsWith('StateEntered')).length;
    const text = `${status} with ${entered} states entered`;
    if (status === 'SUCCEEDED' && !showsBranches(events))
      return unproven(`${text}: the history of this target leaves out the states of branches`);
    return seen(status === 'SUCCEEDED' && entered === TRANSITIONS, text);
  },
};
