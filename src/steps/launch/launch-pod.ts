// The machine's second state: RunTask, one task per attempt. After it the containers of the pod are started.
// See docs/design/pod.md.
import { noPlace } from '../pod/no-place.ts';
import { showingFaults } from '../pod/showing-faults.ts';
import { readPod, updatePod } from '../pod/update-pod.ts';
import type { PodState } from '../pod/update-pod.ts';
import { attemptToken, podletSeed } from '../../auth/podlet-credential.ts';
import type { Pod } from '../../kinds/pod.ts';
import { allContainers } from '../../pod/model/containers.ts';
import { hostnameProblem, kernelHostname } from '../../pod/process/network-files.ts';
import { podDone } from '../../pod/run/order.ts';
import type { TaskArn } from '../../ports/identity.ts';
import type { Ports } from '../../ports/ports.ts';
import type { RunTaskRequest } from '../../ports/tasks.ts';
import { END, runBodies } from '../../record/bodies.ts';
import { isOver } from '../../record/outcome.ts';
import type { NextState, PodRecord, StepInput } from '../../record/record.ts';
import { withTask } from '../../record/with-task.ts';
import { clientToken, taskTags } from '../../fargate/run-request.ts';

type LaunchPorts = Pick<
  Ports,
  'store' | 'clock' | 'ids' | 'wakeups' | 'tasks' | 'settings' | 'log'
>;

/** Runs the attempt's task unless it is known already; a task that a deletion has overtaken is stopped at once. May be called again. */
export const launchPod = showingFaults('Launch', launch);

async function launch(ports: LaunchPorts, { uid, generation }: StepInput): Promise<NextState> {
  const state = await readPod(ports, uid);
  const pod = state?.pod;
  if (!state || !pod || isRefused(state, generation)) return END;
  if (state.record.task.arn) return runBodies(pod, state.record.observed);
  const failed = (failure: string): Promise<NextState> =>
    noPlace(ports, { uid, generation }, failure, (newest) => isRefused(newest, generation));
  const unnameable = hostnameProblem(pod, ports.settings.clusterDomain);
  if (unnameable !== undefined) return failed(unnameable);
  const answer = await ports.tasks.run(runRequest(ports, pod, state.record));
  return 'taskArn' in answer
    ? keepTask(ports, state.record, answer.taskArn, generation)
    : failed(answer.failure);
}

const isRefused = ({ pod, record }: PodState, generation: number): boolean =>
  !pod ||
  isOver(pod, record, generation) ||
  podDone(pod, record.observed) ||
  record.task.definition === undefined;

/** Every parameter follows from stored facts: a repeated RunTask is the same RunTask. */
function runRequest(
  { settings }: LaunchPorts,
  pod: Pod,
  { uid, podletSeed: seed, task: { attempt, definition = '' } }: PodRecord,
): RunTaskRequest {
  return {
    taskDefinitionArn: definition,
    startedBy: uid,
    clientToken: clientToken(uid, attempt),
    podletEnvironment: {
      DROPPOD_SYNC_URL: settings.syncUrl,
      DROPPOD_TOKEN: attemptToken(seed ?? seedOf(settings, uid), attempt),
      DROPPOD_UID: uid,
      DROPPOD_ATTEMPT: String(attempt),
      DROPPOD_CONTAINERS: allContainers(pod)
        .map(({ name }) => name)
        .join(','),
      ...trust(settings.caPem),
    },
    tags: taskTags(pod, kernelHostname(pod, settings.clusterDomain)),
  };
}

/**
 * Whom the podlet trusts: one CA, or the public ones. Beside a CA of its own, Node parses the public ones all the same, which is a
 * quarter of the CPU that a podlet takes to boot; with this option there are none to parse (Node, SecureContext::SetCACert).
 */
const trust = (ca: string): Record<string, string> =>
  ca === '' ? {} : { DROPPOD_CA: ca, NODE_OPTIONS: '--use-openssl-ca' };

/** Of a pod of before seeds, which only one machine can have: there every step holds the key. */
function seedOf({ podletKey }: LaunchPorts['settings'], uid: string): string {
  if (podletKey === '') throw new Error(`the record of pod ${uid} has no seed for its podlet`);
  return podletSeed(podletKey, uid);
}

async function keepTask(
  ports: LaunchPorts,
  { uid, task: { attempt } }: PodRecord,
  taskArn: TaskArn,
  generation: number,
): Promise<NextState> {
  const state = await updatePod(ports, uid, (newest) => {
    const { record, now } = newest;
    // A hand-over meanwhile leaves the attempt what it is: its task is the successor's.
    const { task, generation } = record;
    if (isRefused(newest, generation.number) || task.attempt !== attempt || task.arn)
      return undefined;
    return { record: withTask(record, { arn: taskArn, launchedAt: now.toISOString() }) };
  });
  if (state?.record.task.arn !== taskArn) {
    await ports.tasks.stop(taskArn, 'The pod was deleted meanwhile');
    return END;
  }
  return state.pod && !isOver(state.pod, state.record, generation)
    ? runBodies(state.pod, state.record.observed)
    : END;
}
