// RoleBindings and ClusterRoleBindings.
import { isDeepStrictEqual } from 'node:util';
import { admitBinding } from '../../auth/escalation.ts';
import type { RoleRef, Subject } from '../../auth/rbac/policy.ts';
import { RBAC_GROUP } from '../../auth/rbac/policy.ts';
import type { FieldError } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from '../../validation/object-meta.ts';
import { validateBinding, validateRoleRefUpdate } from '../../validation/rbac.ts';
import type { Call } from '../call.ts';
import { present } from '../../present.ts';
import { age, ageColumn, column, fieldDescription, lazyPrinter, nameColumn } from './columns.ts';
import { plain } from './plain.ts';
import { rightsChanges } from './rights-changes.ts';
import type { Printer, Strategy } from './strategy.ts';

type BindingObject = KubeObject & { roleRef: RoleRef; subjects?: Subject[] };
const bindingOf = (object: KubeObject): BindingObject => object as BindingObject;

function defaults(object: KubeObject): BindingObject {
  const { roleRef, subjects, ...rest } = object as KubeObject & Partial<BindingObject>;
  return {
    ...rest,
    metadata: object.metadata,
    ...present({
      subjects: subjects?.map((subject) =>
        subject.kind === 'User' || subject.kind === 'Group'
          ? { ...subject, apiGroup: subject.apiGroup || RBAC_GROUP }
          : subject,
      ),
    }),
    roleRef: { kind: '', name: '', ...roleRef, apiGroup: roleRef?.apiGroup || RBAC_GROUP },
  };
}

const validate = (object: KubeObject, namespaced: boolean): FieldError[] => [
  ...validateObjectMeta(object.metadata, { namespaced, name: 'path' }),
  ...validateBinding(bindingOf(object), namespaced),
];

/** Whether a write cannot give anybody a new right. */
const isHarmless = (next: BindingObject, old: BindingObject): boolean =>
  isDeepStrictEqual(next.roleRef, old.roleRef) &&
  isDeepStrictEqual(next.subjects ?? [], old.subjects ?? []) &&
  isDeepStrictEqual(next.metadata.labels ?? {}, old.metadata.labels ?? {}) &&
  isDeepStrictEqual(next.metadata.annotations ?? {}, old.metadata.annotations ?? {});

const admit = (object: KubeObject, call: Call): Promise<void> =>
  admitBinding(
    { ...call, resource: call.resource.plural },
    object.metadata.name ?? '',
    bindingOf(object).roleRef,
  );

const namesOf = (object: KubeObject, kind: string): string =>
  (bindingOf(object).subjects ?? [])
    .filter((subject) => subject.kind === kind)
    .map(({ name, namespace }) => (kind === 'ServiceAccount' ? `${namespace ?? ''}/${name}` : name))
    .join(', ');

const printerOf = (kind: string, words: string): Printer =>
  lazyPrinter(
    () => [
      nameColumn(),
      column('Role', fieldDescription(`io.k8s.api.rbac.v1.${kind}`, 'roleRef')),
      ageColumn(),
      column('Users', `Users in the ${words}`, 1),
      column('Groups', `Groups in the ${words}`, 1),
      column('ServiceAccounts', `ServiceAccounts in the ${words}`, 1),
    ],
    (object) => [
      object.metadata.name ?? '',
      `${bindingOf(object).roleRef.kind}/${bindingOf(object).roleRef.name}`,
      age(object),
      ...['User', 'Group', 'ServiceAccount'].map((subject) => namesOf(object, subject)),
    ],
  );

const binding: Omit<Strategy, 'printer'> = {
  ...plain,
  createOnUpdate: true,
  defaults,
  async admit(object, call) {
    await admit(object, call);
    return object;
  },
  async prepareForUpdate(next, old, call) {
    if (!isHarmless(bindingOf(next), bindingOf(old))) await admit(next, call);
    return next;
  },
  validate: (object, { resource }) => validate(object, resource.namespaced),
  validateUpdate: (next, old, { resource }) => [
    ...validate(next, resource.namespaced),
    ...validateObjectMetaUpdate(next.metadata, old.metadata),
    ...validateRoleRefUpdate(bindingOf(next), bindingOf(old)),
  ],
};

export const roleBindings: Strategy = {
  ...binding,
  ...rightsChanges(`rolebindings.${RBAC_GROUP}`),
  printer: printerOf('RoleBinding', 'roleBinding'),
};

export const clusterRoleBindings: Strategy = {
  ...binding,
  ...rightsChanges(`clusterrolebindings.${RBAC_GROUP}`),
  printer: printerOf('ClusterRoleBinding', 'clusterRoleBinding'),
};
