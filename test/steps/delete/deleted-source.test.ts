// A volume that was complete once stays usable whatever happens to its source: kustomize and helm delete hashed names after a rollout.
import { expect, it } from 'vitest';
import type { ResourceVersion } from '../../../src/ports/identity.ts';
import { PodWorld } from '../../fakes/pod-world.ts';

const key = { resource: 'configmaps', namespace: 'default', name: 'settings-5f7c' };

it('a container whose configMap was deleted after the start is restarted when it crashes', async () => {
  const world = new PodWorld({ agent: true });
  await world.ports.store.commit({
    object: {
      key,
      object: { metadata: { name: key.name, namespace: key.namespace }, data: { a: 'b' } },
      expected: 'absent',
    },
  });
  const volumes = [{ name: 'v', configMap: { name: key.name } }];
  const containers = [
    { name: 'a', image: 'busybox', volumeMounts: [{ name: 'v', mountPath: '/v' }] },
  ];
  const pod = await world.create({ containers, volumes }, (_container, run) =>
    run === 1 ? { seconds: 30, exitCode: 1 } : {},
  );
  await world.clock.advance(10_000);
  const stored = await world.ports.store.get(key);
  await world.ports.store.commit({
    object: {
      key,
      object: null,
      expected: (stored?.metadata.resourceVersion ?? '') as ResourceVersion,
    },
  });
  await world.clock.advance(60_000);
  const status = (await world.pod(pod))?.status;
  expect([status?.phase, status?.containerStatuses?.[0]?.restartCount]).toEqual(['Running', 1]);
  expect(status?.containerStatuses?.[0]?.state).toHaveProperty('running');
});

it('a pod whose configMap is missing from the start waits, and runs once it is there', async () => {
  const world = new PodWorld({ agent: true });
  const containers = [
    { name: 'a', image: 'busybox', volumeMounts: [{ name: 'v', mountPath: '/v' }] },
  ];
  const pod = await world.create(
    { containers, volumes: [{ name: 'v', configMap: { name: key.name } }] },
    () => ({}),
  );
  await world.clock.advance(20_000);
  expect((await world.pod(pod))?.status.phase).toBe('Pending');
  await world.ports.store.commit({
    object: {
      key,
      object: { metadata: { name: key.name, namespace: key.namespace }, data: { a: 'b' } },
      expected: 'absent',
    },
  });
  await world.clock.advance(120_000);
  expect((await world.pod(pod))?.status.phase).toBe('Running');
});
