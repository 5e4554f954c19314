// Rules of files in configMap, secret, downwardAPI and projected volumes: keys, paths, modes.
import type { FieldError } from '../../../errors.ts';
import { isMap, listOf, own } from '../../../own.ts';
import {
  forbiddenValue,
  invalidEach,
  invalidValue,
  required,
} from '../../../validation/field-errors.ts';
import { relativePathProblems } from '../../../validation/names.ts';
import { textOf, type Members } from '../members.ts';
import { VOLUME_FIELDS, validateFieldRef, validateResourceFieldRef } from '../references.ts';

const MAX_MODE = 0o777;
const MIN_TOKEN_SECONDS = 600;
const MAX_TOKEN_SECONDS = 2 ** 32;

/** Nothing, or Invalid when a file mode lies outside 0…0777. */
export function validateMode(source: Members, member: string, field: string): FieldError[] {
  const mode = own(source, member);
  if (typeof mode !== 'number' || (mode >= 0 && mode <= MAX_MODE)) return [];
  return [
    invalidValue(
      `${field}.${member}`,
      mode,
      'must be a number between 0 and 0777 (octal), both inclusive',
    ),
  ];
}

// The first element may not look like the writer's own `..data`.
function filePathProblems(path: string): string[] {
  const problems = relativePathProblems(path);
  if (path.startsWith('..') && !path.split('/').includes('..'))
    problems.push("must not start with '..'");
  return problems;
}

/** Problems of `items` of a configMap or secret. */
export function validateItems(source: Members, field: string): FieldError[] {
  return listOf(own(source, 'items'))
    .filter(isMap)
    .flatMap((entry, index) => {
      const own = `${field}.items[${index}]`;
      const path = textOf(entry, 'path');
      const errors = textOf(entry, 'key') === '' ? [required(`${own}.key`)] : [];
      errors.push(
        ...(path === ''
          ? [required(`${own}.path`)]
          : invalidEach(`${own}.path`, path, filePathProblems(path))),
      );
      return [...errors, ...validateMode(entry, 'mode', own)];
    });
}

/** Problems of `items` of a downwardAPI; Kubernetes leaves `items[n]` out of these paths. */
export function validateDownwardItems(source: Members, field: string): FieldError[] {
  return listOf(own(source, 'items'))
    .filter(isMap)
    .flatMap((entry) => {
      const path = textOf(entry, 'path');
      const errors =
        path === ''
          ? [required(`${field}.path`)]
          : invalidEach(`${field}.path`, path, filePathProblems(path));
      const { fieldRef, resourceFieldRef } = entry;
      if (isMap(fieldRef)) {
        errors.push(...validateFieldRef(fieldRef, `${field}.fieldRef`, VOLUME_FIELDS));
        if (isMap(resourceFieldRef))
          errors.push(
            invalidValue(
              field,
              'resource',
              'fieldRef and resourceFieldRef can not be specified simultaneously',
            ),
          );
      } else if (isMap(resourceFieldRef)) {
        errors.push(
          ...validateResourceFieldRef(resourceFieldRef, `${field}.resourceFieldRef`, {
            volume: true,
          }),
        );
      } else {
        errors.push(required(field, 'one of fieldRef and resourceFieldRef is required'));
      }
      return [...errors, ...validateMode(entry, 'mode', field)];
    });
}

const PROJECTIONS = [
  'secret',
  'configMap',
  'downwardAPI',
  'serviceAccountToken',
  'clusterTrustBundle',
  'podCertificate',
] as const;

/** Problems of the sources of a projected volume, and of paths that two of them claim. */
export function validateProjected(source: Members, field: string): FieldError[] {
  const taken = new Set<string>();
  return listOf(own(source, 'sources'))
    .filter(isMap)
    .flatMap((entry, index) => {
      const own = `${field}.sources[${index}]`;
      const [first, ...others] = PROJECTIONS.filter((type) => isMap(entry[type]));
      if (first === undefined) return [];
      const members = entry[first];
      const errors = isMap(members) ? validateProjection(first, members, own) : [];
      errors.push(
        ...others.map((type) =>
          forbiddenValue(`${own}.${type}`, 'may not specify more than 1 volume type per source'),
        ),
      );
      if (isMap(members)) errors.push(...conflicts(first, members, field, taken));
      return errors;
    });
}

function validateProjection(
  type: (typeof PROJECTIONS)[number],
  members: Members,
  own: string,
): FieldError[] {
  const field = `${own}.${type}`;
  const name = (): FieldError[] =>
    textOf(members, 'name') === '' ? [required(`${field}.name`)] : [];
  const path = (place: string): FieldError[] => {
    const text = textOf(members, 'path');
    return text === '' ? [required(place)] : invalidEach(place, text, filePathProblems(text));
  };
  switch (type) {
    case 'secret':
    case 'configMap':
      return [...name(), ...validateItems(members, field)];
    case 'downwardAPI':
      return validateDownwardItems(members, field);
    case 'serviceAccountToken':
      return [
        ...validateExpiration(members['expirationSeconds'], `${field}.expirationSeconds`),
        ...path(`${field.slice(0, field.indexOf('.sources['))}.path`),
      ];
    // Kubernetes 1.35 looks at neither by default.
    case 'clusterTrustBundle':
    case 'podCertificate':
      return [];
  }
}

function validateExpiration(seconds: unknown, field: string): FieldError[] {
  if (typeof seconds !== 'number') return [];
  if (seconds < MIN_TOKEN_SECONDS)
    return [invalidValue(field, seconds, 'may not specify a duration less than 10 minutes')];
  return seconds > MAX_TOKEN_SECONDS
    ? [invalidValue(field, seconds, 'may not specify a duration larger than 2^32 seconds')]
    : [];
}

function conflicts(
  type: string,
  members: Members,
  field: string,
  taken: Set<string>,
): FieldError[] {
  const paths =
    type === 'serviceAccountToken'
      ? [textOf(members, 'path')]
      : listOf(own(members, 'items'))
          .filter(isMap)
          .map((entry) => textOf(entry, 'path'));
  // The value shown is the name of the source that comes second (measured).
  const shown =
    type === 'downwardAPI' || type === 'serviceAccountToken' ? undefined : textOf(members, 'name');
  return paths
    .filter((path) => path !== '')
    .flatMap((path) => {
      if (taken.has(path))
        return [invalidValue(field, shown ?? path, 'conflicting duplicate paths')];
      taken.add(path);
      return [];
    });
}
