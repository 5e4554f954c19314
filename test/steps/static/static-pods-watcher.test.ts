// A deployment's static pods: the manifests come with the function, which makes the pods follow them whenever it looks.
import { beforeEach, expect, it } from 'vitest';
import { reconcile } from '../../../functions/reconcile.ts';
import { bootstrapObjects } from '../../../src/api/bootstrap.ts';
import { systemObjects } from '../../../src/api/system-objects.ts';
import type { Pod } from '../../../src/kinds/pod.ts';
import type { ResourceVersion } from '../../../src/ports/identity.ts';
import { present } from '../../../src/present.ts';
import { STATIC_PODS } from '../../../src/steps/static/keep-static-pods.ts';
import {
  isStaticWorkLeft,
  staticPodsWatcher,
} from '../../../src/steps/static/static-pods-watcher.ts';
import { fakePorts } from '../../fakes/ports.ts';

let ports: ReturnType<typeof fakePorts>;
beforeEach(() => {
  ports = fakePorts();
});

const manifest = (image: string): Pod =>
  ({ metadata: { name: 'web' }, spec: { containers: [{ name: 'c', image }] }, status: {} }) as Pod;

/** The installation as a deployment with these manifests left it; none: without static pods. */
function deployed(digest?: string, ...manifests: Pod[]) {
  const now = {
    ...ports,
    settings: { ...ports.settings, ...present({ staticPods: digest }) },
    ...present({ staticPods: digest === undefined ? undefined : { manifests } }),
  };
  const watcher = staticPodsWatcher(now, systemObjects(now)(STATIC_PODS), () =>
    bootstrapObjects(now),
  );
  return {
    watcher,
    left: () => isStaticWorkLeft(now),
    look: async (): Promise<number> => {
      const looks = (await watcher.overdue?.(now.clock.now())) ?? [];
      for (const one of looks) await one.run();
      return looks.length;
    },
  };
}

const key = () => ({
  resource: 'pods',
  namespace: 'default',
  name: `web-${ports.settings.nodeName}`,
});
const stored = () => ports.store.get(key());

it('P1, P2: the first look makes them, though nobody has called the API yet; until then the sweep may not rest', async () => {
  const one = deployed('a', manifest('busybox:1'));
  expect(await one.left()).toBe(true);
  await one.look();
  expect(await stored()).toMatchObject({
    metadata: { annotations: { 'kubernetes.io/config.source': 'file' } },
    spec: { nodeName: ports.settings.nodeName },
  });
  expect(await one.left()).toBe(false);
});

it('P2: a deployment with another file replaces the pod, one without removes it, and nothing is looked at afterwards', async () => {
  await deployed('a', manifest('busybox:1')).look();
  const first = (await stored())?.metadata.uid;
  const second = deployed('b', manifest('busybox:2'));
  expect(await second.left()).toBe(true);
  await second.look();
  expect(await second.left()).toBe(true);
  await gone();
  await second.look();
  expect((await stored())?.metadata.uid).not.toBe(first);
  expect(await second.left()).toBe(false);
  const none = deployed();
  expect(await none.left()).toBe(true);
  await none.look();
  await gone();
  await none.look();
  expect([await stored(), await none.left(), await none.look()]).toEqual([undefined, false, 0]);
});

it('C12: what has failed or gone is looked at at once', async () => {
  const { watcher, look } = deployed('a', manifest('busybox:1'));
  await look();
  const object = (await stored())!;
  const change = { type: 'MODIFIED', key: key(), object } as const;
  expect(await watcher.after(change)).toHaveLength(0);
  const failed = { ...object, status: { phase: 'Failed' } };
  expect(await watcher.after({ ...change, object: failed })).toHaveLength(1);
  expect(await watcher.after({ ...change, type: 'DELETED' })).toHaveLength(1);
});

it('P2: on AWS the wake of each minute is enough', async () => {
  const settings = { ...ports.settings, mode: 'aws' as const, staticPods: 'a' };
  const staticPods = { manifests: [manifest('busybox:1')] };
  await reconcile({ ...ports, settings, staticPods }, { replay: true });
  expect(await stored()).toBeDefined();
  expect(await isStaticWorkLeft({ ...ports, settings })).toBe(false);
});

it('an installation without static pods looks at nothing', async () => {
  expect([await deployed().look(), await deployed().left()]).toEqual([0, false]);
});

it('a function without the manifests takes no pod away', async () => {
  await deployed('a', manifest('busybox:1')).look();
  const bare = { ...ports, settings: { ...ports.settings, staticPods: 'a' } };
  const watcher = staticPodsWatcher(bare, systemObjects(bare)(STATIC_PODS), () =>
    Promise.resolve(),
  );
  const [look] = (await watcher.overdue?.(bare.clock.now())) ?? [];
  await expect(look?.run()).rejects.toThrow('not beside its code');
  expect(await stored()).toBeDefined();
});

/** Removes the pod, as the podlet's last report would. */
async function gone(): Promise<void> {
  const object = await stored();
  if (object === undefined) return;
  await ports.store.commit({
    object: {
      key: key(),
      object: null,
      expected: object.metadata.resourceVersion as ResourceVersion,
    },
  });
}
