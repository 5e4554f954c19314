// podFailurePolicy: the first rule that matches a failed pod decides what the failure means.
import type { ContainerStatus, KubeObject } from '../../kinds/pod.ts';
import { toPod } from '../../pod/model/to-pod.ts';
import type { JobSpec, PodFailurePolicyRule } from '../../workloads/job/job.ts';

export interface Judgement {
  /** Whether the failure counts against the limits. */
  counted: boolean;
  action?: string;
  /** Why the whole Job fails. */
  failsJob?: string;
}

const COUNTED: Judgement = { counted: true };

/** What a pod's failure means; without a matching rule it counts. */
export function judge({ podFailurePolicy: policy }: JobSpec, pod: KubeObject): Judgement {
  for (const [index, rule] of (policy?.rules ?? []).entries()) {
    const found = matches(rule, pod);
    if (found === undefined) continue;
    const { action } = rule;
    if (action === 'Ignore') return { counted: false, action };
    if (action !== 'FailJob') return { counted: true, action };
    return { counted: true, action, failsJob: `${found} matching FailJob rule at index ${index}` };
  }
  return COUNTED;
}

/** The beginning of the message; undefined: the rule does not match. */
function matches(
  { onExitCodes, onPodConditions = [] }: PodFailurePolicyRule,
  pod: KubeObject,
): string | undefined {
  const { status, metadata } = toPod(pod);
  const place = `${metadata.namespace ?? ''}/${metadata.name ?? ''}`;
  if (onExitCodes) {
    const container = [
      ...(status.containerStatuses ?? []),
      ...(status.initContainerStatuses ?? []),
    ].find((one) => fits(one, onExitCodes));
    return (
      container &&
      `Container ${container.name} for pod ${place} failed with exit code ${container.state?.terminated?.exitCode}`
    );
  }
  const condition = status.conditions?.find(({ type, status: value }) =>
    onPodConditions.some((pattern) => pattern.type === type && pattern.status === value),
  );
  return condition && `Pod ${place} has condition ${condition.type}`;
}

function fits(
  { name, state }: ContainerStatus,
  { containerName, operator, values }: NonNullable<PodFailurePolicyRule['onExitCodes']>,
): boolean {
  const code = state?.terminated?.exitCode;
  if (code === undefined || code === 0) return false;
  if (containerName !== undefined && containerName !== name) return false;
  return operator === 'In' ? values.includes(code) : !values.includes(code);
}
