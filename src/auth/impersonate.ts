// `kubectl --as`: a caller with the right to impersonate acts as another user.
import { ApiError, badRequest } from '../errors.ts';
import { present } from '../present.ts';
import type { AuthorizePorts } from './authorize.ts';
import { authorize, refusal } from './authorize.ts';
import type { ResourceAttributes } from './rbac/policy-rule.ts';
import type { User } from './user.ts';

/** kube-apiserver's user name of a service account. */
const ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

const EXTRA = 'impersonate-extra-';

const listOf = (headers: Headers, name: string): string[] =>
  (headers.get(name) ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** The unescaped key. kube-apiserver records a key with a malformed escape as it stands. */
function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

function extraOf(headers: Headers): { [key: string]: string[] } {
  const found = [...headers.keys()].filter((name) => name.startsWith(EXTRA));
  return Object.fromEntries(
    found.map((name) => [unescaped(name.slice(EXTRA.length)), listOf(headers, name)]),
  );
}

/** The groups that a service account's name implies. */
function groupsOf(name: string, groups: string[]): string[] {
  const [system, kind, namespace] = name.split(':');
  const account =
    groups.length === 0 && system === 'system' && kind === 'serviceaccount' && namespace
      ? ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
      : [];
  const known =
    groups.includes('system:authenticated') || groups.includes('system:unauthenticated');
  return [
    ...account,
    ...groups,
    ...(known
      ? []
      : [name === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated']),
  ];
}

/** The user to act as: the caller, or the user that its headers name; throws 403 where the caller may not impersonate. */
export async function impersonate(
  ports: AuthorizePorts,
  caller: User,
  { headers }: Request,
): Promise<User> {
  const name = headers.get('impersonate-user') ?? '';
  const groups = listOf(headers, 'impersonate-group');
  const uid = headers.get('impersonate-uid') ?? '';
  const extra = extraOf(headers);
  if (name === '') {
    if (groups.length > 0 || uid !== '' || Object.keys(extra).length > 0)
      throw badRequest(`requested [{Group  ${groups[0] ?? ''}    }] without impersonating a user`);
    return caller;
  }
  for (const attributes of requests({ name, groups, uid, extra }))
    await admit(ports, caller, attributes);
  return {
    name,
    groups: groupsOf(name, groups),
    ...present({
      uid: uid === '' ? undefined : uid,
      extra: Object.keys(extra).length > 0 ? extra : undefined,
    }),
  };
}

type Impersonated = { name: string; groups: string[]; uid: string; extra: User['extra'] & object };

/** What the caller must be allowed to impersonate: each part of the other identity is a resource of its own. */
function requests({ name, groups, uid, extra }: Impersonated): ResourceAttributes[] {
  const [, namespace = '', account = ''] = ACCOUNT.exec(name) ?? [];
  const of = (resource: string, part: Partial<ResourceAttributes>): ResourceAttributes => ({
    verb: 'impersonate',
    group: '',
    resource,
    subresource: '',
    namespace: '',
    name: '',
    ...part,
  });
  const group = 'authentication.k8s.io';
  return [
    account === '' ? of('users', { name }) : of('serviceaccounts', { namespace, name: account }),
    ...groups.map((member) => of('groups', { name: member })),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.map((value) => of('userextras', { group, subresource: key, name: value })),
    ),
    ...(uid === '' ? [] : [of('uids', { group, name: uid })]),
  ];
}

async function admit(
  ports: AuthorizePorts,
  caller: User,
  attributes: ResourceAttributes,
): Promise<void> {
  const { allowed, reason } = await authorize(ports, caller, attributes);
  if (allowed) return;
  const { resource, group, name } = attributes;
  const kind = group === '' ? resource : `${resource}.${group}`;
  throw new ApiError(
    'Forbidden',
    `${kind} ${JSON.stringify(name)} is forbidden: ${refusal(caller, attributes, reason)}`,
    { name, kind: resource, ...present({ group: group === '' ? undefined : group }) },
  );
}
