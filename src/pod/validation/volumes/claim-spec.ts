// Rules of what a claim asks for: of a PersistentVolumeClaim, of a claim template, and of a pod's ephemeral volume.
import { isDeepStrictEqual } from 'node:util';
import type { PersistentVolumeClaim } from 'kubernetes-types/core/v1';
import type { FieldError } from '../../../errors.ts';
import {
  forbiddenValue,
  invalidEach,
  invalidValue,
  notSupported,
  required,
} from '../../../validation/field-errors.ts';
import { subdomainProblems } from '../../../validation/names.ts';
import { compareQuantities, parseQuantity, printQuantity } from '../../model/quantity.ts';
import { validateSelector } from '../affinity.ts';

export type ClaimSpec = NonNullable<PersistentVolumeClaim['spec']>;
interface Source {
  apiGroup?: string;
  kind?: string;
  name?: string;
}

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const VOLUME_MODES = ['Block', 'Filesystem'];
const POSITIVE = 'must be greater than zero';

/** Problems of access modes, of a claim or a volume. */
export function validateAccessModes(
  modes: readonly string[],
  field: string,
  detail: string,
): FieldError[] {
  return modes.length === 0 ? [required(field, detail)] : modeProblems(modes, field);
}

function modeProblems(modes: readonly string[], field: string): FieldError[] {
  const known = modes.filter((mode) => ACCESS_MODES.includes(mode));
  const alone = modes.includes('ReadWriteOncePod') && new Set(known).size > 1;
  return [
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
    ? [invalidValue(field, size === undefined ? text : printQuantity(size), POSITIVE)]
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
  const modes = spec.accessModes ?? [];
  const own = `${field}.accessModes`;
  const { volumeAttributesClassName } = spec as { volumeAttributesClassName?: string };
  return [
    ...(modes.length === 0 ? [required(own, 'at least 1 access mode is required')] : []),
    ...validateSelector(spec.selector, `${field}.selector`),
    ...modeProblems(modes, own),
    ...(size === undefined ? [required(place)] : validateSize(size, place)),
    ...validateClassName(spec.storageClassName, `${field}.storageClassName`),
    ...validateVolumeMode(spec.volumeMode, `${field}.volumeMode`),
    ...validateDataSources(spec, field),
    ...validateClassName(volumeAttributesClassName, `${field}.volumeAttributesClassName`),
  ];
}

function validateDataSources(spec: ClaimSpec, field: string): FieldError[] {
  const { dataSource, dataSourceRef } = spec;
  const one = (source: Source | undefined, own: string): FieldError[] =>
    source
      ? [
          ...(source.name ? [] : [required(`${own}.name`)]),
          ...(source.kind ? [] : [required(`${own}.kind`)]),
          ...(source.apiGroup || source.kind === 'PersistentVolumeClaim'
            ? []
            : [
                invalidValue(
                  own,
                  source.kind ?? '',
                  "must be 'PersistentVolumeClaim' when referencing the default apiGroup",
                ),
              ]),
          ...(source.apiGroup
            ? invalidEach(`${own}.apiGroup`, source.apiGroup, subdomainProblems(source.apiGroup))
            : []),
        ]
      : [];
  const essence = ({ apiGroup, kind, name }: Source): unknown => [apiGroup ?? '', kind, name];
  const differ =
    dataSource &&
    dataSourceRef &&
    !(dataSourceRef as { namespace?: string }).namespace &&
    !isDeepStrictEqual(essence(dataSource), essence(dataSourceRef));
  return [
    ...one(dataSource, `${field}.dataSource`),
    ...one(dataSourceRef, `${field}.dataSourceRef`),
    // Kubernetes shows its own path structure as the value here, which has no content in JSON.
    ...(differ ? [invalidValue(field, {}, 'must match dataSourceRef')] : []),
  ];
}
