// Rules of roles and bindings, with kube-apiserver's words.
import { describe, expect, it } from 'vitest';
import {
  validateBinding,
  validateRoleRefUpdate,
  validateRules,
} from '../../src/validation/rbac.ts';

const GROUP = 'rbac.authorization.k8s.io';
const said = (problems: { field: string; message: string }[]): string[] =>
  problems.map(({ field, message }) => `${field}: ${message}`);

describe('rules', () => {
  const PODS = { apiGroups: [''], resources: ['pods'], verbs: ['get'] };
  it.each([
    ['resources', PODS, true, []],
    [
      'no verbs',
      { ...PODS, verbs: [] },
      true,
      ['rules[0].verbs: Required value: verbs must contain at least one value'],
    ],
    [
      'neither groups nor resources',
      { verbs: ['get'] },
      true,
      [
        'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
        'rules[0].resources: Required value: resource rules must supply at least one resource',
      ],
    ],
    ['paths', { nonResourceURLs: ['/x'], verbs: ['get'] }, false, []],
    [
      'paths in a namespace, beside resources',
      { ...PODS, nonResourceURLs: ['/x'] },
      true,
      [
        'rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
        'rules[0].nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular resources and non-resource URLs',
      ],
    ],
  ])('%s', (_what, rule, namespaced, problems) =>
    expect(said(validateRules([rule], namespaced))).toEqual(problems),
  );
});

describe('bindings', () => {
  const roleRef = { apiGroup: GROUP, kind: 'ClusterRole', name: 'view' };
  it.each([
    ['a user', { kind: 'User', name: 'jane', apiGroup: GROUP }, []],
    [
      'a user of no group',
      { kind: 'User', name: 'jane' },
      [`subjects[0].apiGroup: Unsupported value: "": supported values: "${GROUP}"`],
    ],
    [
      'a service account without a namespace',
      { kind: 'ServiceAccount', name: 'default' },
      ['subjects[0].namespace: Required value'],
    ],
    ['nobody', { kind: 'Group', name: '', apiGroup: GROUP }, ['subjects[0].name: Required value']],
    [
      'something else',
      { kind: 'Robot', name: 'x' },
      [
        'subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
      ],
    ],
  ])('for the cluster, of %s', (_what, subject, problems) =>
    expect(said(validateBinding({ roleRef, subjects: [subject] }, false))).toEqual(problems),
  );

  it.each([
    [
      { ...roleRef, kind: 'Role' },
      'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
    ],
    [{ ...roleRef, name: '' }, 'roleRef.name: Required value'],
    [{ ...roleRef, name: 'a/b' }, `roleRef.name: Invalid value: "a/b": may not contain '/'`],
    [
      { ...roleRef, apiGroup: 'x' },
      `roleRef.apiGroup: Unsupported value: "x": supported values: "${GROUP}"`,
    ],
  ])('of role %j: %s', (ref, problem) =>
    expect(said(validateBinding({ roleRef: ref }, false))).toEqual([problem]),
  );

  it('keep their role', () => {
    expect(validateRoleRefUpdate({ roleRef }, { roleRef })).toEqual([]);
    expect(
      said(validateRoleRefUpdate({ roleRef: { ...roleRef, name: 'edit' } }, { roleRef })),
    ).toEqual([
      `roleRef: Invalid value: {"APIGroup":"${GROUP}","Kind":"ClusterRole","Name":"edit"}: cannot change roleRef`,
    ]);
  });
});
