// How the roles and bindings in memory follow the store: what a decision reads, and how stale it may be.
import { expect, it } from 'vitest';
import { bootstrapObjects } from '../../src/api/bootstrap.ts';
import { authorize } from '../../src/auth/authorize.ts';
import { STALE_MS } from '../../src/auth/rbac/rights.ts';
import type { ResourceVersion } from '../../src/ports/identity.ts';
import type { Settings } from '../../src/ports/settings.ts';
import { fakePorts } from '../fakes/ports.ts';

const JANE = { name: 'jane', groups: ['system:authenticated'] };
const LIST_PODS = {
  ...{ verb: 'list', group: '', resource: 'pods', subresource: '' },
  ...{ namespace: 'default', name: '' },
};
const KEY = {
  resource: 'clusterrolebindings.rbac.authorization.k8s.io',
  namespace: '',
  name: 'jane',
};
const BINDING = {
  metadata: { name: 'jane' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane' }],
};

/** An installation whose bindings are written by another process; `asked` counts the store's reads. */
async function installation(mode: Settings['mode']) {
  const asked: string[] = [];
  const ports = fakePorts({
    settings: { mode },
    fault: (operation) => {
      if (operation.startsWith('store.')) asked.push(operation.slice(6));
    },
  });
  await bootstrapObjects(ports);
  const may = async () => (await authorize(ports, JANE, LIST_PODS)).allowed;
  const bind = () =>
    ports.store.commit({ object: { key: KEY, object: BINDING, expected: 'absent' } });
  const revoke = async () => {
    const expected = (await ports.store.get(KEY))?.metadata.resourceVersion as ResourceVersion;
    await ports.store.commit({ object: { key: KEY, object: null, expected } });
  };
  return { ports, asked, may, bind, revoke };
}

it('one process: a binding and its end are known to the next decision', async () => {
  const { may, bind, revoke } = await installation('local');
  expect(await may()).toBe(false);
  await bind();
  expect(await may()).toBe(true);
  await revoke();
  expect(await may()).toBe(false);
});

it('many processes: within five seconds, and no decision reads an object', async () => {
  const { ports, asked, may, bind, revoke } = await installation('aws');
  expect(await may()).toBe(false);
  await bind();
  asked.length = 0;
  for (let time = 0; time < 100; time++) await may();
  expect(asked).toEqual([]);
  await ports.clock.advance(STALE_MS);
  expect(await may()).toBe(true);
  await revoke();
  await ports.clock.advance(STALE_MS - 1);
  await may();
  await ports.clock.advance(1);
  expect(await may()).toBe(false);
  expect(asked.filter((operation) => operation === 'list')).toEqual([]);
});

it('a store that does not answer gives no right', async () => {
  const { ports, may, bind } = await installation('aws');
  await bind();
  await ports.clock.advance(STALE_MS);
  expect(await may()).toBe(true);
  const { version } = ports.store;
  ports.store.version = () => Promise.reject(new Error('down'));
  await ports.clock.advance(STALE_MS);
  await expect(may()).rejects.toThrow('down');
  ports.store.version = version;
  expect(await may()).toBe(true);
});

it('a log that was given up is no reason to forget or to keep anything', async () => {
  const { ports, may, bind, revoke } = await installation('local');
  await bind();
  expect(await may()).toBe(true);
  await revoke();
  await ports.store.compact(await ports.store.version());
  expect(await may()).toBe(false);
});

it('masters are decided without the store', async () => {
  const { ports, asked } = await installation('local');
  asked.length = 0;
  const master = { name: 'admin', groups: ['system:masters'] };
  expect((await authorize(ports, master, LIST_PODS)).allowed).toBe(true);
  expect(asked).toEqual([]);
});
