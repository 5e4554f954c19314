// Defaults and rules of a PersistentVolumeClaim.
import { isDeepStrictEqual } from 'node:util';
import type { PersistentVolumeClaim } from 'kubernetes-types/core/v1';
import type { FieldError } from '../../errors.ts';
import { compareQuantities, parseQuantity } from '../../pod/model/quantity.ts';
import { validateClaimSpec } from '../../pod/validation/volumes/claim-spec.ts';
import type { ClaimSpec } from '../../pod/validation/volumes/claim-spec.ts';
import { present } from '../../present.ts';
import { forbiddenValue } from '../../validation/field-errors.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from '../../validation/object-meta.ts';

export type Claim = PersistentVolumeClaim;

/** The spec with its default, for a claim and for a claim template. */
export const defaultClaimSpec = (spec: ClaimSpec): ClaimSpec => ({
  ...spec,
  volumeMode: spec.volumeMode ?? 'Filesystem',
});

const SNAPSHOT = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot' };

/** The spec of a new claim: both names of its source are the same one; the older name takes claims and snapshots only. */
export function sameSources(spec: ClaimSpec): ClaimSpec {
  const { dataSource, dataSourceRef, ...rest } = spec;
  const known =
    dataSource !== undefined &&
    ((dataSource.kind === 'PersistentVolumeClaim' && !dataSource.apiGroup) ||
      (dataSource.kind === SNAPSHOT.kind && dataSource.apiGroup === SNAPSHOT.apiGroup));
  const former = known ? dataSource : undefined;
  const elsewhere = (dataSourceRef as { namespace?: string } | undefined)?.namespace;
  return elsewhere
    ? { ...rest, ...present({ dataSource: former, dataSourceRef }) }
    : {
        ...rest,
        ...present({
          dataSource: former ?? dataSourceRef,
          dataSourceRef: dataSourceRef ?? former,
        }),
      };
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
