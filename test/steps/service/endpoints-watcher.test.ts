// Manually written Endpoints go with their Service, and with nothing else.
import { beforeEach, expect, it } from 'vitest';
import { systemObjects } from '../../../src/api/system-objects.ts';
import type { Change } from '../../../src/steps/reconcile/watcher.ts';
import { endpointsWatcher } from '../../../src/steps/service/endpoints-watcher.ts';
import { NAMESPACE, createApi } from '../../api/client.ts';

let api: Awaited<ReturnType<typeof createApi>>;
beforeEach(async () => {
  api = await createApi();
});

const KEY = { namespace: 'default', name: 'db' };
const make = (plural: string, more: object) =>
  api.send('POST', `${NAMESPACE}/${plural}`, { body: { metadata: { name: 'db' }, ...more } });
const service = () => make('services', { spec: { ports: [{ port: 80 }] } });
const endpoints = () =>
  make('endpoints', { subsets: [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 80 }] }] });
const there = () => api.ports.store.get({ resource: 'endpoints', ...KEY });

/** Deletes the Service; returns its entry of the log. */
async function deleted(): Promise<Change> {
  const from = await api.ports.store.version();
  await api.send('DELETE', `${NAMESPACE}/services/db`);
  const { entries } = await api.ports.store.changes(from, { waitMs: 0 });
  return entries.find(({ key }) => key.resource === 'services')!;
}

async function deliver(change: Change): Promise<void> {
  const watcher = endpointsWatcher(api.ports, systemObjects(api.ports)('endpoint-controller'));
  for (const look of await watcher.after(change)) await look.run();
}

it('L2: Endpoints that are older than their Service go with it', async () => {
  await endpoints();
  await service();
  const change = await deleted();
  expect(await there()).toBeDefined();
  await deliver(change);
  await deliver(change);
  expect(await there()).toBeUndefined();
});

it('a late delivery leaves those that were written since, and those of a new Service', async () => {
  await service();
  const first = await deleted();
  await endpoints();
  await deliver(first);
  expect(await there()).toBeDefined();
  await service();
  const second = await deleted();
  await service();
  await deliver(second);
  expect(await there()).toBeDefined();
});
