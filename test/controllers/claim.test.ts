// Which pods a controller owns: adoption, release, and conflicts between owners.
import { describe, expect, it } from 'vitest';
import { claim, controllerReference } from '../../src/controllers/claim.ts';
import type { KubeObject } from '../../src/kinds/pod.ts';

const set = (fields: object = {}): KubeObject => ({
  metadata: { name: 'web', uid: 'u1', ...fields },
});
const owner = (object = set()): Parameters<typeof claim>[1] => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  object,
});
const mine = controllerReference(owner());
const others = { ...mine, name: 'other', uid: 'u2' };
const user = { apiVersion: 'v1', kind: 'ConfigMap', name: 'c', uid: 'u3' };

const pod = (metadata: KubeObject['metadata']): KubeObject => ({
  metadata: { name: 'p', ...metadata },
});
const match = { labels: { app: 'x' } };
const claimed = (object: KubeObject, of = owner()): string =>
  summary(claim('pods', of, (labels) => labels?.['app'] === 'x', [object]));

const summary = ({ owned, writes }: ReturnType<typeof claim>): string =>
  `${owned.length} owned, references ${
    writes.length === 0
      ? 'kept'
      : JSON.stringify(
          writes.map((write) =>
            write.verb === 'event'
              ? ''
              : (write.object.metadata.ownerReferences ?? []).map(({ uid }) => uid),
          )[0],
        )
  }`;

describe('which objects a controller takes for its own', () => {
  it.each([
    [
      'its own that matches',
      pod({ ...match, ownerReferences: [mine] }),
      '1 owned, references kept',
    ],
    ['an orphan that matches is adopted', pod(match), '1 owned, references ["u1"]'],
    [
      'other owners stay',
      pod({ ...match, ownerReferences: [user] }),
      '1 owned, references ["u3","u1"]',
    ],
    ['an orphan that does not match', pod({}), '0 owned, references kept'],
    [
      'an orphan that is being deleted',
      pod({ ...match, deletionTimestamp: '2026-01-01T00:00:00Z' }),
      '0 owned, references kept',
    ],
    [
      'its own whose labels changed is released',
      pod({ ownerReferences: [mine, user] }),
      '0 owned, references ["u3"]',
    ],
    [
      "another controller's",
      pod({ ...match, ownerReferences: [others] }),
      '0 owned, references kept',
    ],
  ])('%s', (_rule, object, expected) => expect(claimed(object)).toBe(expected));

  it.each([
    ['adopts nothing', pod(match), '0 owned, references kept'],
    ['releases nothing', pod({ ownerReferences: [mine] }), '0 owned, references kept'],
    ['keeps its own', pod({ ...match, ownerReferences: [mine] }), '1 owned, references kept'],
  ])('an owner that is being deleted %s', (_rule, object, expected) =>
    expect(claimed(object, owner(set({ deletionTimestamp: '2026-01-01T00:00:00Z' })))).toBe(
      expected,
    ),
  );

  it('the last reference goes without an empty list', () => {
    const [write] = claim('pods', owner(), () => false, [pod({ ownerReferences: [mine] })]).writes;
    expect(write?.verb === 'update' && write.object.metadata).toEqual({ name: 'p' });
  });
});
