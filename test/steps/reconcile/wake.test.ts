// What is read to find out whom a change concerns: as few lists as possible, each once for a batch.
import { expect, it } from 'vitest';
import { CONTROLLERS } from '../../../src/controllers/controllers.ts';
import type { KubeObject } from '../../../src/kinds/pod.ts';
import { concerned, listsOnce } from '../../../src/steps/reconcile/wake.ts';
import type { Lists } from '../../../src/steps/reconcile/wake.ts';
import { fakePorts } from '../../fakes/ports.ts';

const controller = {
  ...{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'u' },
  controller: true,
};

const pod = (metadata: Partial<KubeObject['metadata']>): KubeObject => ({
  metadata: { name: 'p', namespace: 'default', uid: 'p', labels: { app: 'web' }, ...metadata },
  spec: { containers: [] },
});

const change = (object: KubeObject, previous?: KubeObject) => ({
  type: 'MODIFIED' as const,
  key: { resource: 'pods', namespace: 'default', name: 'p' },
  object,
  ...(previous && { previous }),
});

/** The resources that were asked for. */
function recorded(objects: { [resource: string]: KubeObject[] } = {}): {
  lists: Lists;
  asked: string[];
} {
  const asked: string[] = [];
  return {
    asked,
    lists: async (resource) => {
      asked.push(resource);
      return objects[resource] ?? [];
    },
  };
}

const READERS_BY_LABELS = ['poddisruptionbudgets.policy', 'resourcequotas', 'services', 'services'];

it('a pod with a controller is looked up among budgets, quotas and Services alone', async () => {
  const { lists, asked } = recorded();
  const owned = pod({ ownerReferences: [controller] });
  const keys = await concerned(lists, CONTROLLERS, change(owned, owned));
  const found = { controller: 'replicaset-controller', namespace: 'default', name: 'web' };
  expect(keys).toContainEqual(found);
  expect(asked.sort()).toEqual(READERS_BY_LABELS);
});

it('a pod that lost its controller may be adopted by any of them', async () => {
  const { lists, asked } = recorded();
  await concerned(lists, CONTROLLERS, change(pod({}), pod({ ownerReferences: [controller] })));
  expect(asked).toEqual(expect.arrayContaining(['replicasets.apps', 'daemonsets.apps']));
});

it('a batch of changes reads each list once', async () => {
  const calls: string[] = [];
  const ports = fakePorts({ fault: (operation) => void calls.push(operation) });
  const lists = listsOnce(ports);
  const owned = pod({ ownerReferences: [controller] });
  for (let count = 0; count < 20; count++)
    await concerned(lists, CONTROLLERS, change(owned, owned));
  expect(calls).toEqual(['store.list', 'store.list', 'store.list']);
});
