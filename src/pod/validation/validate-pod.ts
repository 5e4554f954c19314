// Validation of a defaulted and admitted pod (422): the door that the API uses, for creation and for each kind of update.
import type { FieldError } from '../../errors.ts';
import type { Pod } from '../../kinds/pod.ts';
import { forbiddenValue } from '../../validation/field-errors.ts';
import { validateWholePod } from './whole-pod.ts';

export { defaultEphemeralContainers } from '../admission/defaults.ts';
export {
  validateEphemeralContainersUpdate,
  validatePodStatusUpdate,
  validatePodUpdate,
} from './validate-pod-update.ts';

/** All problems of a pod at creation. */
export function validatePod(pod: Pod): FieldError[] {
  const { schedulingGates, nodeName, ephemeralContainers } = pod.spec;
  return [
    ...validateWholePod(pod),
    ...(ephemeralContainers?.length
      ? [forbiddenValue('spec.ephemeralContainers', 'cannot be set on create')]
      : []),
    ...(schedulingGates?.length && nodeName
      ? [
          forbiddenValue(
            'spec.nodeName',
            'cannot be set until all schedulingGates have been cleared',
          ),
        ]
      : []),
  ];
}
