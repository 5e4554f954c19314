// Rules of `env` and `envFrom`.
import { isMap } from '../../own.ts';
import type { FieldError } from '../../errors.ts';
import type { Container, EnvVar, EphemeralContainer, Pod, PodSpec } from '../../kinds/pod.ts';
import {
  invalidEach,
  invalidValue,
  notFoundValue,
  required,
} from '../../validation/field-errors.ts';
import {
  configKeyProblems,
  envNameProblems,
  labelProblems,
  subdomainProblems,
} from '../../validation/names.ts';
import { textOf, type Members } from './members.ts';
import { ENV_FIELDS, validateFieldRef, validateResourceFieldRef } from './references.ts';

const SOURCES = [
  'fieldRef',
  'resourceFieldRef',
  'configMapKeyRef',
  'secretKeyRef',
  'fileKeyRef',
] as const;
const TOO_MANY = 'may not have more than one field specified at a time';

/** Problems of the variables of one container. */
export function validateEnv(env: NonNullable<Container['env']>, field: string): FieldError[] {
  return env.flatMap((variable, index) => {
    const own = `${field}[${index}]`;
    const errors = variable.name
      ? invalidEach(`${own}.name`, variable.name, envNameProblems(variable.name))
      : [required(`${own}.name`)];
    return variable.valueFrom
      ? [
          ...errors,
          ...validateValueFrom({ ...variable.valueFrom }, variable.value ?? '', `${own}.valueFrom`),
        ]
      : errors;
  });
}

function validateValueFrom(from: Members, value: string, field: string): FieldError[] {
  const present = SOURCES.filter((source) => isMap(from[source]));
  const errors = present.flatMap((source) => {
    const reference = from[source];
    return isMap(reference) ? validateSource(source, reference, `${field}.${source}`) : [];
  });
  if (present.length === 0) {
    errors.push(
      invalidValue(
        field,
        '',
        'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
      ),
    );
  } else if (value !== '') {
    errors.push(invalidValue(field, '', 'may not be specified when `value` is not empty'));
  } else if (present.length > 1) {
    errors.push(invalidValue(field, '', TOO_MANY));
  }
  return errors;
}

function validateSource(
  source: (typeof SOURCES)[number],
  reference: Members,
  field: string,
): FieldError[] {
  switch (source) {
    case 'fieldRef':
      return validateFieldRef(reference, field, ENV_FIELDS);
    case 'resourceFieldRef':
      return validateResourceFieldRef(reference, field, { volume: false });
    case 'configMapKeyRef':
    case 'secretKeyRef':
      return validateKeyRef(reference, field);
    case 'fileKeyRef':
      return validateFileKeyRef(reference, field);
  }
}

function validateKeyRef(reference: Members, field: string): FieldError[] {
  const name = textOf(reference, 'name');
  const key = textOf(reference, 'key');
  const errors = invalidEach(`${field}.name`, name, subdomainProblems(name));
  return [
    ...errors,
    ...(key === ''
      ? [required(`${field}.key`)]
      : invalidEach(`${field}.key`, key, configKeyProblems(key))),
  ];
}

function validateFileKeyRef(reference: Members, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const key = textOf(reference, 'key');
  const path = textOf(reference, 'path');
  if (key === '') errors.push(required(`${field}.key`));
  else errors.push(...invalidEach(`${field}.key`, key, envNameProblems(key)));
  const volume = textOf(reference, 'volumeName');
  errors.push(
    ...(volume === ''
      ? [required(`${field}.volumeName`)]
      : invalidEach(`${field}.volumeName`, volume, labelProblems(volume))),
  );
  if (path === '') errors.push(required(`${field}.path`));
  else if (path.split('/').includes('..'))
    errors.push(invalidValue(`${field}.path`, path, "must not contain '..'"));
  return errors;
}

/** Files with variables may only stand in emptyDirs of the pod. */
export function validateFileVolumes({ spec }: Pod): FieldError[] {
  // Of two volumes of one name, which are refused elsewhere, the first counts.
  const volumes = new Map([...(spec.volumes ?? [])].reverse().map((one) => [one.name, one]));
  return containersByPath(spec).flatMap(({ container, field }) =>
    (container.env ?? []).flatMap(({ valueFrom }: EnvVar, index): FieldError[] => {
      if (!valueFrom?.fileKeyRef) return [];
      const name = valueFrom.fileKeyRef.volumeName ?? '';
      const place = `${field}.env[${index}].valueFrom.fileKeyRef.volumeName`;
      const volume = volumes.get(name);
      if (volume === undefined) return [notFoundValue(place, name)];
      return volume.emptyDir === undefined
        ? [invalidValue(place, name, 'referenced volume must be of type emptyDir')]
        : [];
    }),
  );
}

const containersByPath = ({ initContainers = [], containers, ephemeralContainers = [] }: PodSpec) =>
  Object.entries({ initContainers, containers, ephemeralContainers }).flatMap(([kind, all]) =>
    all.map((container: Container | EphemeralContainer, index: number) => ({
      container,
      field: `spec.${kind}[${index}]`,
    })),
  );

/** Problems of `envFrom`; what is wrong with the choice is said without the index. */
export function validateEnvFrom(
  sources: NonNullable<Container['envFrom']>,
  field: string,
): FieldError[] {
  return sources.flatMap((source, index) => {
    const own = `${field}[${index}]`;
    const errors = source.prefix
      ? invalidEach(`${own}.prefix`, source.prefix, envNameProblems(source.prefix))
      : [];
    const present = (['configMapRef', 'secretRef'] as const).filter((member) => source[member]);
    for (const member of present) {
      const name = source[member]?.name ?? '';
      errors.push(
        ...(name === ''
          ? [required(`${own}.${member}.name`)]
          : invalidEach(`${own}.${member}.name`, name, subdomainProblems(name))),
      );
    }
    if (present.length === 0)
      errors.push(invalidValue(field, '', 'must specify one of: `configMapRef` or `secretRef`'));
    if (present.length > 1) errors.push(invalidValue(field, '', TOO_MANY));
    return errors;
  });
}
