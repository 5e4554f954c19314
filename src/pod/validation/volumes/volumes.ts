// Rules of `spec.volumes`: names, one source each; a volume with errors does not count for mounts.
import type { FieldError } from '../../../errors.ts';
import type { Pod, Volume } from '../../../kinds/pod.ts';
import { own } from '../../../own.ts';
import {
  duplicate,
  forbiddenValue,
  invalidEach,
  invalidValue,
  quote,
  required,
} from '../../../validation/field-errors.ts';
import { labelProblems, subdomainProblems } from '../../../validation/names.ts';
import { validateSource, VOLUME_TYPES } from './volume-sources.ts';

/** Problems of all volumes, and the volumes that mounts may refer to. */
export function validateVolumes(pod: Pod): { errors: FieldError[]; volumes: Map<string, Volume> } {
  const volumes = new Map<string, Volume>();
  const seen = new Set<string>();
  const errors: FieldError[] = [];
  for (const [index, volume] of (pod.spec.volumes ?? []).entries()) {
    const field = `spec.volumes[${index}]`;
    const own = [
      ...validateVolume(volume, field, pod),
      ...nameProblems(volume.name, `${field}.name`),
    ];
    if (seen.has(volume.name)) own.push(duplicate(`${field}.name`, volume.name));
    if (own.length === 0) {
      seen.add(volume.name);
      volumes.set(volume.name, volume);
    }
    errors.push(...own);
  }
  return { errors: [...errors, ...validateClaimNames(pod)], volumes };
}

const nameProblems = (name: string | undefined, field: string): FieldError[] =>
  name ? invalidEach(field, name, labelProblems(name)) : [required(field)];

function validateVolume(volume: Volume, field: string, pod: Pod): FieldError[] {
  const members: Record<string, unknown> = { ...volume };
  const present = VOLUME_TYPES.filter(
    (type) => own(members, type) !== undefined && own(members, type) !== null,
  );
  const [first, ...others] = present;
  if (first === undefined) return [required(field, 'must specify a volume type')];
  return [
    ...validateSource(first, own(members, first), field, pod),
    ...(first === 'ephemeral' ? claimNameProblems(volume.name, `${field}.name`, pod) : []),
    ...others.map((type) =>
      forbiddenValue(`${field}.${type}`, 'may not specify more than 1 volume type'),
    ),
  ];
}

/** The claim of an ephemeral volume is named by pod and volume. */
function claimNameProblems(name: string | undefined, field: string, pod: Pod): FieldError[] {
  if (!name || !pod.metadata.name) return [];
  const claim = `${pod.metadata.name}-${name}`;
  return subdomainProblems(claim).map((problem) =>
    invalidValue(field, name, `PVC name ${quote(claim)}: ${problem}`),
  );
}

// A claim that an ephemeral volume of this very pod makes cannot be named by another volume.
function validateClaimNames(pod: Pod): FieldError[] {
  const made = new Set(
    (pod.spec.volumes ?? [])
      .filter(({ ephemeral }) => ephemeral)
      .map(({ name }) => `${pod.metadata.name ?? ''}-${name}`),
  );
  return (pod.spec.volumes ?? []).flatMap(({ persistentVolumeClaim }, index) => {
    const claim = persistentVolumeClaim?.claimName;
    if (claim === undefined || !made.has(claim)) return [];
    return [
      invalidValue(
        `spec.volumes[${index}].persistentVolumeClaim.claimName`,
        claim,
        'must not reference a PVC that gets created for an ephemeral volume',
      ),
    ];
  });
}
