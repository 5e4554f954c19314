// Defaults and rules of a PersistentVolumeClaim.
import { isDeepStrictEqual } from 'node:util';
import type { PersistentVolumeClaim } from 'kubernetes-types/core/v1';
import type { FieldError } from '../../errors.ts';
import { compareQuantities, parseQuantity } from '../../pod/model/quantity.ts';
import { validateSelector } from '../../pod/validation/affinity.ts';
import {
  forbiddenValue,
  invalidEach,
  invalidValue,
  notSupported,
  required,
} from '../../validation/field-errors.ts';
import { subdomainProblems } from '../../validation/names.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from '../../validation/object-meta.ts';

export type Claim = PersistentVolumeClaim;
export type ClaimSpec = NonNullable<Claim['spec']>;

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const VOLUME_MODES = ['Block', 'Filesystem'];
const POSITIVE = 'must be greater than zero';

/** The spec with its default, for a claim and for a claim template. */
export const defaultClaimSpec = (spec: ClaimSpec): ClaimSpec => ({
  ...spec,
  volumeMode: spec.volumeMode ?? 'Filesystem',
});

/** Problems of access modes, of a claim or a volume. */
export function validateAccessModes(
  modes: readonly string[],
  field: string,
  detail: string,
): FieldError[] {
  const alone = modes.includes('ReadWriteOncePod') && new Set(modes).size > 1;
  return [
    ...(modes.length === 0 ? [required(field, detail)] : []),
    ...modes
      .filter((mode) => !ACCESS_MODES.includes(mode))
      .map((mode) => notSupported(field, mode, ACCESS_MODES)),
    ...(alone
      ? [forbiddenValue(field, 'may not use ReadWriteOncePod with other access modes')]
      : []),
  ];
}

/** Problems of a size, which must be positive. */
export function validateSize(text: string, field: string): FieldError[] {
  const size = parseQuantity(text);
  const zero = parseQuantity('0');
  return size === undefined || zero === undefined || compareQuantities(size, zero) <= 0
    ? [invalidValue(field, text, POSITIVE)]
    : [];
}

/** Problems of a volume mode. */
export const validateVolumeMode = (mode: string | undefined, field: string): FieldError[] =>
  mode === undefined || VOLUME_MODES.includes(mode)
    ? []
    : [notSupported(field, mode, VOLUME_MODES)];

/** Problems of a class name; '' means no class. */
export const validateClassName = (name: string | undefined, field: string): FieldError[] =>
  name ? invalidEach(field, name, subdomainProblems(name)) : [];

/** Problems of a claim's spec, or of a template's. */
export function validateClaimSpec(spec: ClaimSpec, field: string): FieldError[] {
  const size = spec.resources?.requests?.['storage'];
  const place = `${field}.resources[storage]`;
  return [
    ...validateAccessModes(
      spec.accessModes ?? [],
      `${field}.accessModes`,
      'at least 1 access mode is required',
    ),
    ...validateSelector(spec.selector, `${field}.selector`),
    ...(size === undefined ? [required(place)] : validateSize(size, place)),
    ...validateClassName(spec.storageClassName, `${field}.storageClassName`),
    ...validateVolumeMode(spec.volumeMode, `${field}.volumeMode`),
  ];
}

/** Problems of a claim, metadata included. */
export const validateClaim = ({ metadata, spec = {} }: Claim): FieldError[] => [
  ...validateObjectMeta(metadata ?? {}, { namespaced: true, name: 'subdomain' }),
  ...validateClaimSpec(spec, 'spec'),
];

const sizeOf = (claim: Claim): string => claim.spec?.resources?.requests?.['storage'] ?? '0';

/** Problems of an update: the spec is immutable, except that a bound claim may request more. */
export function validateClaimUpdate(next: Claim, old: Claim): FieldError[] {
  const bound = old.status?.phase === 'Bound';
  const fixed = ({ spec = {} }: Claim): unknown => {
    const { volumeName, resources, volumeAttributesClassName, ...rest } = spec as ClaimSpec & {
      volumeAttributesClassName?: string;
    };
    return {
      ...rest,
      volumeName: old.spec?.volumeName ? (volumeName ?? '') : '',
      resources: { ...resources, requests: bound ? undefined : resources?.requests },
      volumeAttributesClassName: bound ? undefined : volumeAttributesClassName,
    };
  };
  const errors = [
    ...validateObjectMetaUpdate(next.metadata ?? {}, old.metadata ?? {}),
    ...validateClaim(next),
  ];
  if (!isDeepStrictEqual(fixed(next), fixed(old)))
    errors.push(
      forbiddenValue(
        'spec',
        'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
      ),
    );
  if (
    isSmaller(sizeOf(next), sizeOf(old)) &&
    !isSmaller(old.status?.capacity?.['storage'] ?? '0', sizeOf(next))
  )
    errors.push(
      forbiddenValue(
        'spec.resources.requests.storage',
        'field can not be less than status.capacity',
      ),
    );
  return errors;
}

/** Whether the first size is less than the second. */
export function isSmaller(left: string, right: string): boolean {
  const [a, b] = [parseQuantity(left), parseQuantity(right)];
  return a !== undefined && b !== undefined && compareQuantities(a, b) < 0;
}
