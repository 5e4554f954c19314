// Rules of roles and bindings (Kubernetes' apis/rbac/validation).
import type { FieldError } from '../errors.ts';
import { invalidEach, invalidValue, notSupported, oneOf, required } from './field-errors.ts';
import { pathSegmentProblems, subdomainProblems } from './names.ts';

const GROUP = 'rbac.authorization.k8s.io';

interface Rule {
  verbs?: readonly string[];
  apiGroups?: readonly string[];
  resources?: readonly string[];
  resourceNames?: readonly string[];
  nonResourceURLs?: readonly string[];
}

interface Subject {
  kind?: string;
  name?: string;
  namespace?: string;
  apiGroup?: string;
}

export interface BindingFields {
  roleRef: { apiGroup?: string; kind?: string; name?: string };
  subjects?: readonly Subject[];
}

const isEmpty = (list: readonly string[] | undefined): boolean =>
  list === undefined || list.length === 0;

/** Problems of a role's rules; those of a namespaced Role apply to no paths. */
export const validateRules = (
  rules: readonly Rule[] | null | undefined,
  namespaced: boolean,
): FieldError[] =>
  (rules ?? []).flatMap((rule, index) => validateRule(rule, namespaced, `rules[${index}]`));

function validateRule(rule: Rule, namespaced: boolean, field: string): FieldError[] {
  const { verbs, apiGroups, resources, resourceNames, nonResourceURLs } = rule;
  const errors: FieldError[] = [];
  if (isEmpty(verbs))
    errors.push(required(`${field}.verbs`, 'verbs must contain at least one value'));
  if (!isEmpty(nonResourceURLs)) {
    const refuse = (why: string): FieldError =>
      invalidValue(`${field}.nonResourceURLs`, nonResourceURLs, why);
    if (namespaced) errors.push(refuse('namespaced rules cannot apply to non-resource URLs'));
    if (![apiGroups, resources, resourceNames].every(isEmpty))
      errors.push(refuse('rules cannot apply to both regular resources and non-resource URLs'));
    return errors;
  }
  if (isEmpty(apiGroups))
    errors.push(
      required(`${field}.apiGroups`, 'resource rules must supply at least one api group'),
    );
  if (isEmpty(resources))
    errors.push(required(`${field}.resources`, 'resource rules must supply at least one resource'));
  return errors;
}

/** Problems of a binding's role and subjects. */
export function validateBinding(
  { roleRef, subjects }: BindingFields,
  namespaced: boolean,
): FieldError[] {
  const { apiGroup = '', kind = '', name = '' } = roleRef;
  return [
    ...oneOf('roleRef.apiGroup', apiGroup, [GROUP]),
    ...oneOf('roleRef.kind', kind, namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole']),
    ...(name === ''
      ? [required('roleRef.name')]
      : invalidEach('roleRef.name', name, pathSegmentProblems(name))),
    ...(subjects ?? []).flatMap((subject, index) =>
      validateSubject(subject, namespaced, `subjects[${index}]`),
    ),
  ];
}

function validateSubject(subject: Subject, namespaced: boolean, field: string): FieldError[] {
  const { kind = '', name = '', namespace = '', apiGroup = '' } = subject;
  const unnamed = name === '' ? [required(`${field}.name`)] : [];
  switch (kind) {
    case 'ServiceAccount':
      return [
        ...unnamed,
        ...(name === '' ? [] : invalidEach(`${field}.name`, name, subdomainProblems(name))),
        ...(apiGroup === '' ? [] : [notSupported(`${field}.apiGroup`, apiGroup, [''])]),
        ...(!namespaced && namespace === '' ? [required(`${field}.namespace`)] : []),
      ];
    case 'User':
    case 'Group':
      return [...unnamed, ...oneOf(`${field}.apiGroup`, apiGroup, [GROUP])];
    default:
      return [...unnamed, notSupported(`${field}.kind`, kind, ['ServiceAccount', 'User', 'Group'])];
  }
}

/** A binding keeps its role: who may add subjects must not turn it into another. */
export function validateRoleRefUpdate(next: BindingFields, old: BindingFields): FieldError[] {
  const { apiGroup, kind, name } = next.roleRef;
  const same =
    apiGroup === old.roleRef.apiGroup && kind === old.roleRef.kind && name === old.roleRef.name;
  // kube-apiserver shows its inner form of the reference.
  const shown = { APIGroup: apiGroup, Kind: kind, Name: name };
  return same ? [] : [invalidValue('roleRef', shown, 'cannot change roleRef')];
}
