// Impersonation: each attribute of the impersonated user must be allowed.
import { expect, it } from 'vitest';
import { GROUPS } from '../../src/auth/defaults/default-objects.ts';
import { createApi } from '../api/client.ts';
import { impersonate } from '../../src/auth/impersonate.ts';

const EDITOR = { name: 'e', groups: [GROUPS.edit, 'system:authenticated'] };
const { ports } = await createApi();
const acting = (headers: Record<string, string>) =>
  impersonate(ports, EDITOR, new Request('https://api/', { headers }));
const ROBOT = 'system:serviceaccount:ns:robot';

it('R6: who may impersonate service accounts becomes one', async () => {
  expect(await acting({ 'impersonate-user': ROBOT })).toEqual({
    name: ROBOT,
    groups: ['system:serviceaccounts', 'system:serviceaccounts:ns', 'system:authenticated'],
  });
});

it.each([
  [
    { 'impersonate-user': 'bob' },
    'users "bob" is forbidden: User "e" cannot impersonate resource "users" in API group "" at the cluster scope',
  ],
  [
    { 'impersonate-user': ROBOT, 'impersonate-group': 'system:masters' },
    'groups "system:masters" is forbidden: User "e" cannot impersonate resource "groups" in API group "" at the cluster scope',
  ],
  [
    { 'impersonate-user': ROBOT, 'impersonate-uid': 'u' },
    'uids.authentication.k8s.io "u" is forbidden: User "e" cannot impersonate resource "uids" in API group "authentication.k8s.io" at the cluster scope',
  ],
  [
    { 'impersonate-user': ROBOT, 'impersonate-extra-scopes': 'all' },
    'userextras.authentication.k8s.io "all" is forbidden: User "e" cannot impersonate resource "userextras/scopes" in API group "authentication.k8s.io" at the cluster scope',
  ],
  [
    { 'impersonate-user': 'system:serviceaccount:ns' },
    'users "system:serviceaccount:ns" is forbidden: User "e" cannot impersonate resource "users" in API group "" at the cluster scope',
  ],
  [
    { 'impersonate-user': 'system:serviceaccount:ns:' },
    'users "system:serviceaccount:ns:" is forbidden: User "e" cannot impersonate resource "users" in API group "" at the cluster scope',
  ],
])('R6: as %j it becomes nobody', (headers, message) =>
  expect(acting(headers)).rejects.toThrow(message),
);
