// The policies of a role, as the template gives them to it.
import { expect } from 'vitest';
import type { Policy } from './judge.ts';
import { resolve, type Resources } from './resolve.ts';

/** `role`: the beginning of its logical id, which must fit no other role. None has AWS's own policies attached. */
export function policiesOf(resources: Resources, role: RegExp): Policy[] {
  const ids = Object.keys(resources).filter(
    (id) => resources[id]?.Type === 'AWS::IAM::Role' && role.test(id),
  );
  expect(ids).toHaveLength(1);
  const [id = ''] = ids;
  const attached = Object.values(resources).filter(
    ({ Type, Properties }) =>
      Type === 'AWS::IAM::Policy' &&
      (Properties['Roles'] as { Ref?: string }[]).some(({ Ref }) => Ref === id),
  );
  expect(resources[id]?.Properties['ManagedPolicyArns']).toBeUndefined();
  const inline = (resources[id]?.Properties['Policies'] ?? []) as { PolicyDocument: unknown }[];
  return [...attached.map(({ Properties }) => Properties), ...inline].map(
    ({ PolicyDocument }) => resolve(resources, PolicyDocument) as Policy,
  );
}
