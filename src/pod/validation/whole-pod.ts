// The rules that hold for a pod whenever it is written, in Kubernetes' order.
import type { FieldError } from '../../errors.ts';
import type { Pod } from '../../kinds/pod.ts';
import { forbiddenValue } from '../../validation/field-errors.ts';
import { onceForAlike } from '../model/once-for-alike.ts';
import { validateObjectMeta } from '../../validation/object-meta.ts';
import { validatePodAnnotations } from './annotations.ts';
import { validateImages } from './containers.ts';
import { validateSpec } from './spec.ts';

/** Problems that creation and update share. */
export function validateWholePod(pod: Pod): FieldError[] {
  return [
    ...validateObjectMeta(pod.metadata, { namespaced: true, name: 'subdomain' }),
    ...validateShared(pod),
  ];
}

const validateShared = onceForAlike((pod) => [
  ...validatePodAnnotations(pod),
  ...validateSpec(pod),
  ...tokensWithoutAccount(pod),
  ...validateImages(pod),
]);

function tokensWithoutAccount({ spec }: Pod): FieldError[] {
  if (spec.serviceAccountName) return [];
  return (spec.volumes ?? []).flatMap(({ projected }, index) =>
    (projected?.sources ?? []).flatMap(({ serviceAccountToken }, at) =>
      serviceAccountToken
        ? [
            forbiddenValue(
              `spec.volumes[${index}].projected.sources[${at}].serviceAccountToken`,
              'must not be specified when serviceAccountName is not set',
            ),
          ]
        : [],
    ),
  );
}
