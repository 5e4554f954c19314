// PriorityClasses: named priorities of pods; at most one is the default.
import type { FieldError } from '../../errors.ts';
import { forbidden } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import type { PriorityClassFacts } from '../../pod/admission/admit.ts';
import { SYSTEM_CLASSES } from '../../pod/admission/admit.ts';
import { own } from '../../own.ts';
import { present } from '../../present.ts';
import { forbiddenValue, oneOf } from '../../validation/field-errors.ts';
import type { Call } from '../call.ts';
import { age, ageColumn, column, fieldDescription, lazyPrinter, nameColumn } from './columns.ts';
import { immutable, member, plain, text } from './plain.ts';
import type { Strategy } from './strategy.ts';

const CLASSES = 'priorityclasses.scheduling.k8s.io';
const SCHEMA = 'io.k8s.api.scheduling.v1.PriorityClass';
/** Higher values are reserved for the system's classes. */
const HIGHEST = 1_000_000_000;
const RESERVED = 'system-';

const valueOf = (object: KubeObject): number => Number(member(object, 'value') ?? 0);
const isDefault = (object: KubeObject): boolean => member(object, 'globalDefault') === true;

const factsOf = (object: KubeObject): PriorityClassFacts => ({
  name: object.metadata.name ?? '',
  value: valueOf(object),
  ...present({ preemptionPolicy: text(object, 'preemptionPolicy') || undefined }),
});

/** The class that a pod names, or the default one. */
export async function priorityFor(
  name: string | undefined,
  { store }: Pick<Call['ports'], 'store'>,
): Promise<PriorityClassFacts | undefined> {
  if (!name) {
    const found = await defaultClass({ store });
    return found && factsOf(found);
  }
  const found = await store.get({ resource: CLASSES, namespace: '', name });
  return found && factsOf(found);
}

async function defaultClass({
  store,
}: Pick<Call['ports'], 'store'>): Promise<KubeObject | undefined> {
  const { objects } = await store.listObjects({ resource: CLASSES });
  return objects.filter(isDefault).sort((left, right) => valueOf(left) - valueOf(right))[0];
}

function validateClass(object: KubeObject): FieldError[] {
  const name = object.metadata.name ?? '';
  const policy = text(object, 'preemptionPolicy');
  return [
    ...validateValue(name, valueOf(object), isDefault(object)),
    ...oneOf('preemptionPolicy', policy, ['PreemptLowerPriority', 'Never']),
  ];
}

function validateValue(name: string, value: number, byDefault: boolean): FieldError[] {
  if (!name.startsWith(RESERVED))
    return value <= HIGHEST
      ? []
      : [forbiddenValue('value', `maximum allowed value of a user defined priority is ${HIGHEST}`)];
  const known = own(SYSTEM_CLASSES, name);
  if (known === value && !byDefault) return [];
  const why =
    known === undefined
      ? `${name} is not a known system priority class`
      : known === value
        ? `globalDefault cannot be true for ${name}`
        : `value of ${name} PriorityClass must be ${known}`;
  return [
    forbiddenValue(
      'metadata.name',
      `priority class names with '${RESERVED}' prefix are reserved for system use only. error: ${why}`,
    ),
  ];
}

/** With two defaults it would be ambiguous which one a pod gets. */
async function refuseSecondDefault(object: KubeObject, { ports }: Call): Promise<void> {
  const { name = '' } = object.metadata;
  const other = isDefault(object) ? await defaultClass(ports) : undefined;
  if (other === undefined || other.metadata.name === name) return;
  throw forbidden(
    CLASSES,
    name,
    `PriorityClass ${other.metadata.name ?? ''} is already marked as default. Only one default can exist`,
  );
}

export const priorityClasses: Strategy = {
  ...plain,
  printer: lazyPrinter(
    () => [
      nameColumn(),
      { ...column('Value', fieldDescription(SCHEMA, 'value')), type: 'integer' },
      { ...column('Global-Default', fieldDescription(SCHEMA, 'globalDefault')), type: 'boolean' },
      ageColumn(),
      column('PreemptionPolicy', fieldDescription(SCHEMA, 'preemptionPolicy')),
    ],
    (object) => [
      object.metadata.name ?? '',
      valueOf(object),
      isDefault(object),
      age(object),
      text(object, 'preemptionPolicy'),
    ],
  ),
  defaults: (object) => ({
    ...object,
    preemptionPolicy: text(object, 'preemptionPolicy') || 'PreemptLowerPriority',
    value: valueOf(object),
  }),
  admit: async (object, call) => {
    await refuseSecondDefault(object, call);
    return object;
  },
  prepareForCreate: (object) => ({
    ...object,
    metadata: { ...object.metadata, generation: 1 },
  }),
  prepareForUpdate: async (next, _old, call) => {
    await refuseSecondDefault(next, call);
    return next;
  },
  validate: (object, call) => [...plain.validate(object, call), ...validateClass(object)],
  validateUpdate: (next, old, call) => [
    ...plain.validateUpdate(next, old, call),
    ...(valueOf(next) === valueOf(old)
      ? []
      : [forbiddenValue('value', 'may not be changed in an update.')]),
    ...immutable('preemptionPolicy', text(next, 'preemptionPolicy'), text(old, 'preemptionPolicy')),
  ],
  generation: true,
};
