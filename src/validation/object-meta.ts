// Rules of metadata, the same for every kind: at creation and at update.
import type { FieldError } from '../errors.ts';
import type { ObjectMeta } from '../kinds/pod.ts';
import {
  forbiddenValue,
  invalidEach,
  invalidValue,
  notNegative,
  required,
  tooLong,
} from './field-errors.ts';
import {
  label1035Problems,
  labelProblems,
  labelValueProblems,
  pathSegmentProblems,
  qualifiedNameProblems,
  subdomainProblems,
} from './names.ts';

/** How a kind's names must look: `path` = anything that fits into a URL segment. */
type NameRule = 'subdomain' | 'label' | 'label1035' | 'path';
export interface MetaRules {
  namespaced: boolean;
  name: NameRule;
}

const RULES: Record<NameRule, (value: string) => string[]> = {
  subdomain: subdomainProblems,
  label: labelProblems,
  label1035: label1035Problems,
  path: pathSegmentProblems,
};

const ANNOTATION_BYTES = 256 * 1024;
const STANDARD_FINALIZERS = ['kubernetes', 'foregroundDeletion', 'orphan'];

/** Problems of `metadata` as a kind's own rules see them, after a name was generated. */
export const validateObjectMeta = (meta: ObjectMeta, rules: MetaRules): FieldError[] => [
  ...validateAnyMeta(meta, rules),
  ...validateKubeFinalizers(meta.finalizers ?? []),
];

/** apimachinery's ValidateObjectMetaAccessor: what holds for every kind, of whoever serves it. */
export function validateAnyMeta(
  meta: ObjectMeta,
  { namespaced, name: nameRule }: MetaRules,
): FieldError[] {
  const rule = RULES[nameRule];
  const errors: FieldError[] = [];
  if (meta.generateName)
    errors.push(
      ...invalidEach(
        'metadata.generateName',
        meta.generateName,
        rule(maskTrailingDash(meta.generateName)),
      ),
    );
  if (!meta.name) errors.push(required('metadata.name', 'name or generateName is required'));
  else errors.push(...invalidEach('metadata.name', meta.name, rule(meta.name)));
  if (namespaced && !meta.namespace) errors.push(required('metadata.namespace'));
  else if (namespaced)
    errors.push(
      ...invalidEach(
        'metadata.namespace',
        meta.namespace ?? '',
        labelProblems(meta.namespace ?? ''),
      ),
    );
  return [
    ...errors,
    ...notNegative('metadata.generation', meta.generation),
    ...validateMaps(meta),
    ...validateFinalizers(meta.finalizers ?? []),
  ];
}

// A generated name continues after its prefix, so a dash may end the prefix.
const maskTrailingDash = (prefix: string): string =>
  prefix.length > 1 && prefix.endsWith('-') ? `${prefix.slice(0, -2)}a` : prefix;

// managedFields are not looked at: the server drops what it cannot read and writes its own.
const validateMaps = (meta: ObjectMeta): FieldError[] => [
  ...validateLabels(meta.labels, 'metadata.labels'),
  ...validateAnnotations(meta.annotations, 'metadata.annotations'),
  ...validateOwners(meta.ownerReferences ?? []),
];

/** Problems of a map of labels (also `spec.nodeSelector`); the path carries no key. */
export function validateLabels(
  labels: Record<string, string> | undefined,
  field: string,
): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value = '']) => [
    ...invalidEach(field, key, qualifiedNameProblems(key)),
    ...invalidEach(field, value, labelValueProblems(value)),
  ]);
}

/** Problems of annotations: keys like labels in lower case, values only by their size in all. */
export function validateAnnotations(
  annotations: Record<string, string> | undefined,
  field: string,
): FieldError[] {
  const entries = Object.entries(annotations ?? {});
  const size = entries.reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
  const errors = entries.flatMap(([key]) =>
    invalidEach(field, key, qualifiedNameProblems(key.toLowerCase())),
  );
  return size > ANNOTATION_BYTES ? [...errors, tooLong(field, ANNOTATION_BYTES)] : errors;
}

/** Each finding quotes the whole list. */
const MAX_SECOND_CONTROLLERS = 10;

type Owner = NonNullable<ObjectMeta['ownerReferences']>[number];

function validateOwners(owners: readonly Owner[]): FieldError[] {
  const field = 'metadata.ownerReferences';
  const errors = owners.flatMap((owner) => validateOwner(owner, field));
  const controllers = owners.filter(({ controller }) => controller === true);
  const [first] = controllers;
  for (const next of controllers.slice(1, 1 + MAX_SECOND_CONTROLLERS)) {
    const both = `${first?.kind}/${first?.name} and ${next.kind}/${next.name}`;
    errors.push(
      invalidValue(
        field,
        owners,
        `Only one reference can have Controller set to true. Found "true" in references for ${both}`,
      ),
    );
  }
  return errors;
}

function validateOwner(owner: Owner, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const parts = (owner.apiVersion ?? '').split('/');
  // What has more parts than a group and a version has no version at all.
  if (parts.length > 2 || !parts.at(-1))
    errors.push(
      invalidValue(`${field}.apiVersion`, owner.apiVersion ?? '', 'version must not be empty'),
    );
  for (const member of ['kind', 'name', 'uid'] as const) {
    if (!owner[member]) errors.push(invalidValue(`${field}.${member}`, '', 'must not be empty'));
  }
  if (owner.apiVersion === 'v1' && owner.kind === 'Event')
    errors.push(invalidValue(field, owner, '/v1, Kind=Event is disallowed from being an owner'));
  return errors;
}

function validateFinalizers(finalizers: readonly string[]): FieldError[] {
  const field = 'metadata.finalizers';
  const errors = finalizers.flatMap((finalizer) =>
    invalidEach(field, finalizer, qualifiedNameProblems(finalizer)),
  );
  const both = ['orphan', 'foregroundDeletion'].every((name) => finalizers.includes(name));
  return both
    ? [
        ...errors,
        invalidValue(
          field,
          finalizers,
          'finalizer orphan and foregroundDeletion cannot be both set',
        ),
      ]
    : errors;
}

/** What the core kinds ask of a finalizer beyond the form of its name. */
export const kubeFinalizerProblems = (finalizer: string): string[] =>
  finalizer.includes('/') || STANDARD_FINALIZERS.includes(finalizer)
    ? []
    : ['name is neither a standard finalizer name nor is it fully qualified'];

const validateKubeFinalizers = (finalizers: readonly string[]): FieldError[] =>
  finalizers.flatMap((finalizer, index) =>
    invalidEach(`metadata.finalizers[${index}]`, finalizer, kubeFinalizerProblems(finalizer)),
  );

const IMMUTABLE = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const;

/** What every update is asked before its kind's own rules ask again: kube-apiserver says such a problem as often as it asks. */
export const validateCommonFields = (
  next: ObjectMeta,
  old: ObjectMeta,
  namespaced: boolean,
): FieldError[] => [
  ...validateAnyMeta(next, { namespaced, name: 'path' }),
  ...validateAnyMetaUpdate(next, old),
];

/** Problems of `metadata` at update, as a kind's own rules see them. */
export const validateObjectMetaUpdate = (next: ObjectMeta, old: ObjectMeta): FieldError[] => [
  ...validateAnyMetaUpdate(next, old),
  ...validateKubeFinalizers(next.finalizers ?? []),
];

/** New finalizers of a deleting object, immutable members, and what any write must keep. */
export function validateAnyMetaUpdate(next: ObjectMeta, old: ObjectMeta): FieldError[] {
  const known = new Set(old.finalizers);
  const added = (next.finalizers ?? []).filter((finalizer) => !known.has(finalizer));
  const errors: FieldError[] = [];
  if (old.deletionTimestamp && added.length > 0) {
    const found = `[]string{${added.map((finalizer) => `"${finalizer}"`).join(', ')}}`;
    errors.push(
      forbiddenValue(
        'metadata.finalizers',
        `no new finalizers can be added if the object is being deleted, found new finalizers ${found}`,
      ),
    );
  }
  if (next.generation !== undefined && next.generation < (old.generation ?? 0)) {
    errors.push(invalidValue('metadata.generation', next.generation, 'must not be decremented'));
  }
  for (const member of IMMUTABLE) {
    if (String(next[member] ?? '') !== String(old[member] ?? ''))
      errors.push(invalidValue(`metadata.${member}`, next[member] ?? '', 'field is immutable'));
  }
  return [...errors, ...validateMaps(next)];
}
