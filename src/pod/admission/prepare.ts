// Values that creation sets, whatever the client sent: generation, the first status, and selectors merged from label keys.
import { wholeSeconds } from '../../kinds/time.ts';
import type { Pod, PodCondition, PodStatus } from '../../kinds/pod.ts';
import { mergeLabelKeys } from './label-keys.ts';
import { qosClass } from '../model/qos.ts';

/** A defaulted pod in its first stored form: generation 1, status Pending. `now` is the time of the SchedulingGated condition. */
export function prepareForCreate(pod: Pod, now: Date): Pod {
  const status: PodStatus = { phase: 'Pending', qosClass: qosClass(pod) };
  if (pod.spec.schedulingGates?.length) status.conditions = [gated(now)];
  return {
    ...pod,
    metadata: { ...pod.metadata, generation: 1 },
    spec: mergeLabelKeys(pod),
    status,
  };
}

function gated(now: Date): PodCondition {
  return {
    type: 'PodScheduled',
    status: 'False',
    // Kubernetes prints a condition's zero time as null.
    lastProbeTime: null,
    lastTransitionTime: wholeSeconds(now),
    reason: 'SchedulingGated',
    message: 'Scheduling is blocked due to non-empty scheduling gates',
  };
}
