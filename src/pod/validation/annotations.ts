// Rules of annotations that mean something for pods.
import type { FieldError } from '../../errors.ts';
import type { Pod } from '../../kinds/pod.ts';
import { invalidValue, required } from '../../validation/field-errors.ts';

const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/';
const APPARMOR = 'container.apparmor.security.beta.kubernetes.io/';
const MIRROR = 'kubernetes.io/config.mirror';
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const MAX_INT32 = 2147483647;

const isProfile = (value: string): boolean =>
  ['runtime/default', 'docker/default', 'unconfined'].includes(value) ||
  value.startsWith('localhost/');

/** Problems of the annotations of a pod, beyond those of any object. */
export function validatePodAnnotations(pod: Pod): FieldError[] {
  const annotations = pod.metadata.annotations ?? {};
  const field = 'metadata.annotations';
  const errors: FieldError[] = [];
  const cost = annotations[DELETION_COST];
  if (
    cost !== undefined &&
    !(/^-?(0|[1-9]\d*)$/.test(cost) && Math.abs(Number(cost)) <= MAX_INT32)
  ) {
    errors.push(invalidValue(`${field}[${DELETION_COST}]`, cost, 'must be a 32bit integer'));
  }
  if (annotations[MIRROR] !== undefined && !pod.spec.nodeName)
    errors.push(
      required(`${field}[${MIRROR}]`, 'must set spec.nodeName if mirror pod annotation is set'),
    );
  for (const [key, value] of Object.entries(annotations)) {
    if ((key === SECCOMP_POD || key.startsWith(SECCOMP_CONTAINER)) && !isProfile(value))
      errors.push(invalidValue(`${field}.${key}`, value, 'must be a valid seccomp profile'));
    if (key.startsWith(APPARMOR)) errors.push(...validateAppArmor(key, value, pod));
  }
  return errors;
}

function validateAppArmor(key: string, value: string, { spec }: Pod): FieldError[] {
  const name = key.slice(APPARMOR.length);
  const known = [
    ...spec.containers,
    ...(spec.initContainers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ].some((container) => container.name === name);
  const field = `metadata.annotations[${key}]`;
  const errors = known ? [] : [invalidValue(field, name, 'container not found')];
  const valid =
    value === '' ||
    value === 'runtime/default' ||
    value === 'unconfined' ||
    value.startsWith('localhost/');
  return valid
    ? errors
    : [...errors, invalidValue(field, value, `invalid AppArmor profile name: "${value}"`)];
}
