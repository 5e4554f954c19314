// What Kubernetes would take and droppod does not: every such field is refused or warned of, never dropped in silence.
import type { FieldError } from '../errors.ts';
import type { Pod } from '../kinds/pod.ts';
import { own } from '../own.ts';
import type { Settings } from '../ports.ts';
import { forbiddenValue } from '../validation/field-errors.ts';
import {
  fargateProblems,
  memoryWarnings,
  messageWarnings,
  partWarnings,
  sizeWarnings,
} from './fargate-limits.ts';
import type { Field } from './field-table.ts';
import { hostWarnings } from './placement/affinity-terms.ts';
import { fieldAt, NO_FURTHER_CONTAINER, NOT_YET, NOT_YET_HARMLESS } from './fields.ts';

/** A member of the pod that asks for something: where it is and what is said of it; without `field` only that it is not served yet. */
interface Found {
  place: string;
  field?: Field | 'unknown';
  notYet?: boolean;
}

/** Forbidden for each field that cannot be served, with the reason. For pods at creation, defaulted and admitted; beyondFargate counts in local mode only. */
export function refusePod(
  pod: Pod,
  { mode, beyondFargate }: Pick<Settings, 'mode' | 'beyondFargate'>,
): FieldError[] {
  return [
    ...refusals(walk('spec', '', withoutTokenVolume(pod)), mode === 'local' && beyondFargate),
    ...fargateProblems(pod),
  ];
}

const refusals = (found: Found[], docker: boolean): FieldError[] =>
  found.flatMap(({ place, field, notYet }): FieldError[] => {
    if (field === 'unknown') return [forbiddenValue(place, 'droppod does not know this field')];
    if (field?.kind === 'refused' && !(docker && field.docker))
      return [forbiddenValue(place, field.reason)];
    return notYet ? [forbiddenValue(place, 'not served yet')] : [];
  });

/** The same for ephemeral containers that come to `old`: a Fargate task takes none. */
export function refuseEphemeralContainers(
  next: Pod,
  old: Pod,
  { mode, beyondFargate }: Pick<Settings, 'mode' | 'beyondFargate'>,
): FieldError[] {
  const known = new Set((old.spec.ephemeralContainers ?? []).map(({ name }) => name));
  const fresh = (next.spec.ephemeralContainers ?? []).flatMap((container, index) =>
    known.has(container.name) ? [] : [{ container, place: `spec.ephemeralContainers[${index}]` }],
  );
  if (mode !== 'local')
    return fresh.length === 0
      ? []
      : [forbiddenValue('spec.ephemeralContainers', NO_FURTHER_CONTAINER)];
  return fresh.flatMap(({ place, container: { targetContainerName: _target, ...container } }) =>
    refusals(walk(place, 'containers[]', container), beyondFargate),
  );
}

/** Warning texts for fields that are accepted without full effect. */
export function limitWarnings(pod: Pod): string[] {
  const warnings = walk('spec', '', { ...pod.spec }).flatMap(({ place, field }) =>
    typeof field === 'object' && field.kind === 'warned' ? [`${place}: ${field.reason}`] : [],
  );
  return [
    ...warnings,
    ...hostWarnings(pod),
    ...memoryWarnings(pod),
    ...partWarnings(pod),
    ...messageWarnings(pod),
    ...sizeWarnings(pod),
  ];
}

// Admission adds this volume to every pod; a pod that was read and is written again has it too.
function withoutTokenVolume({ spec }: Pod): Record<string, unknown> {
  return {
    ...spec,
    volumes: (spec.volumes ?? []).filter(
      ({ name, projected }) => !(projected && name.startsWith('kube-api-access-')),
    ),
  };
}

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === false ||
  value === '' ||
  (typeof value === 'object' && Object.keys(value).length === 0);

/** Fields below `value` that ask for something; `place` is the path with indexes, `path` the one in the table. */
function walk(place: string, path: string, value: unknown): Found[] {
  if (!NOT_YET.has(path)) return members(place, path, value);
  const harmless = own(NOT_YET_HARMLESS, path) ?? isEmpty;
  if (harmless(value)) return [];
  const field = fieldAt(path);
  return field
    ? [{ place, field, notYet: true }]
    : [{ place, notYet: true }, ...refusedBelow(place, path, value)];
}

function members(place: string, path: string, value: unknown): Found[] {
  const field = path === '' ? undefined : fieldAt(path);
  if (field) {
    const harmless = ('harmless' in field ? field.harmless : undefined) ?? isEmpty;
    return harmless(value) ? [] : [{ place, field }];
  }
  if (Array.isArray(value))
    return value.flatMap((entry, index) => walk(`${place}[${index}]`, `${path}[]`, entry));
  if (value === null || typeof value !== 'object')
    return isEmpty(value) ? [] : [{ place, field: 'unknown' }];
  return Object.entries(value).flatMap(([name, member]) =>
    walk(`${place}.${name}`, below(path, name), member),
  );
}

const below = (path: string, name: string): string =>
  path === '' ? (name === 'initContainers' ? 'containers' : name) : `${path}.${name}`;

// What will be refused for good is said with its reason even while the field as a whole is not served yet.
const refusedBelow = (place: string, path: string, value: unknown): Found[] =>
  members(place, path, value).filter(
    ({ field }) => typeof field === 'object' && field.kind === 'refused',
  );
