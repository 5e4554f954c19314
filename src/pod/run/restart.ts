// Whether an ended container starts again (kubelet `ShouldContainerBeRestarted`). The machine's Choice contains the
// same table as nextStep; back-off.ts says when.
// See docs/design/pod.md.
import { LOST_EXIT_CODE } from '../../protocol/run.ts';
import type { Container, Pod, RestartPolicy, RestartRule } from '../../kinds/pod.ts';
import { containerKind, findContainer } from '../model/containers.ts';
import type { Run } from '../../protocol/run.ts';

/** The machine's next state after an exit. */
export type Step = 'Restart' | 'Stop';

function parsePolicy(text: string | undefined): RestartPolicy | undefined {
  return text === 'Always' || text === 'OnFailure' || text === 'Never' ? text : undefined;
}

/** The policy in force for one container: its own; Always for sidecars; never Always for a regular init container. */
export function containerPolicy(pod: Pod, name: string): RestartPolicy {
  const kind = containerKind(pod, name);
  if (kind === 'ephemeral') return 'Never';
  const container = findContainer(pod, name);
  const own =
    container && 'restartPolicy' in container ? parsePolicy(container.restartPolicy) : undefined;
  if (own !== undefined) return own;
  const policy = parsePolicy(pod.spec.restartPolicy) ?? 'Always';
  // An init container that exited with 0 is done, whatever the pod's policy.
  return kind === 'init' && policy === 'Always' ? 'OnFailure' : policy;
}

/** A run that is over. */
export type EndedRun = Run &
  ({ exitCode: number } | { startError: string } | { finishedAt: string });

/** Whether the run is over (its exit was seen, or it failed to start). */
export const hasEnded = (run: Run | undefined): run is EndedRun =>
  run !== undefined &&
  (run.exitCode !== undefined || run.startError !== undefined || run.finishedAt !== undefined);

/** Whether the run began and has not ended. */
export const isRunning = (run: Run | undefined): boolean =>
  run !== undefined && run.startedAt !== undefined && !hasEnded(run);

/** containerd's exit code for a failed start. */
const START_ERROR_EXIT_CODE = 128;

/** The exit code that the status shows for an ended run. */
export const exitCodeOf = (run: Run): number =>
  run.exitCode ?? (run.startError === undefined ? LOST_EXIT_CODE : START_ERROR_EXIT_CODE);

/** The exit code is not 0, or an init container was killed for memory, which is a failure even with code 0. */
export function isFailure(pod: Pod, name: string, run: Run): boolean {
  return exitCodeOf(run) !== 0 || (run.oom === true && containerKind(pod, name) === 'init');
}

const matches = (rule: RestartRule, exitCode: number): boolean => {
  const listed = rule.exitCodes?.values?.includes(exitCode) ?? false;
  return rule.exitCodes !== undefined && (rule.exitCodes.operator === 'In') === listed;
};

/** The first of the container's restartPolicyRules that matches the exit. */
function matchingRule(container: Container, exitCode: number): RestartRule | undefined {
  return container.restartPolicyRules?.find((rule) => matches(rule, exitCode));
}

/** A decision that overrides policy and exit code: a resize, a matching restart rule, or a probe's kill; undefined: the policy decides. */
export function restartRule(pod: Pod, name: string, run: Run): Step | undefined {
  if (run.resized === true) return 'Restart';
  // After a probe's kill only the policy counts, neither the rules nor the exit code.
  if (run.killedByProbe === true)
    return containerPolicy(pod, name) === 'Never' ? 'Stop' : 'Restart';
  const container = findContainer(pod, name);
  if (container === undefined || !('restartPolicyRules' in container)) return undefined;
  return matchingRule(container, exitCodeOf(run)) === undefined ? undefined : 'Restart';
}

/** The same table as in the state machine: leave wins, then the rule, then policy and failure. */
export function nextStep(
  policy: RestartPolicy,
  exit: { failed: boolean; rule?: Step | undefined; leave?: boolean | undefined },
): Step {
  if (exit.leave === true) return 'Stop';
  if (exit.rule !== undefined) return exit.rule;
  return policy === 'Always' || (policy === 'OnFailure' && exit.failed) ? 'Restart' : 'Stop';
}

/** Whether another run follows by policy and rules alone (the phase is computed from this, even while the pod is being deleted). */
export function policyRestarts(pod: Pod, name: string, run: Run): boolean {
  const exit = { failed: isFailure(pod, name, run), rule: restartRule(pod, name, run) };
  return nextStep(containerPolicy(pod, name), exit) === 'Restart';
}

/** Whether another run will follow an ended one; never in a pod that is being deleted. */
export const shouldRestart = (pod: Pod, name: string, run: Run): boolean =>
  pod.metadata.deletionTimestamp === undefined && policyRestarts(pod, name, run);
