// StatefulSets and DaemonSets under repeated, stale or interrupted passes, while pods fail and specs change: they end as requested.
import { expect, it } from 'vitest';
import type { Controller } from '../../src/controllers/controller.ts';
import { daemonSetController } from '../../src/controllers/daemon-set/daemon-set.ts';
import { statefulSetController } from '../../src/controllers/stateful-set/stateful-set.ts';
import type { KubeObject } from '../../src/kinds/pod.ts';
import { toDaemonSet } from '../../src/workloads/daemon-set.ts';
import { toStatefulSet } from '../../src/workloads/stateful-set.ts';
import type { Snapshot } from '../controllers/world.ts';
import { TestWorld } from '../controllers/world.ts';
import { chance } from './random.ts';
import type { Chance } from './random.ts';

const SEEDS = 40;
const STEPS = 60;
const labels = { app: 'x' };
const template = (image: string) => ({
  metadata: { labels },
  spec: { containers: [{ name: 'app', image }] },
});

/** The controller, whose process may die between two writes. */
const mortal = (controller: Controller, luck: Chance): Controller => ({
  ...controller,
  reconcile: (object, world, now) => {
    const answer = controller.reconcile(object, world, now);
    if (!luck.happens(0.3)) return answer;
    return { ...answer, writes: answer.writes.slice(0, luck.below(answer.writes.length + 1)) };
  },
});

const nameOf = ({ metadata }: KubeObject): string => metadata.name ?? '';
const isGoing = ({ metadata }: KubeObject): boolean => metadata.deletionTimestamp !== undefined;
const imageOf = ({ spec }: KubeObject): string =>
  (spec as { containers: { image: string }[] }).containers[0]?.image ?? '';

/** The node that it is meant for, if any. */
const nodeOf = ({ spec }: KubeObject): string =>
  /"values":\["(\w+)"\]/.exec(JSON.stringify(spec))?.[1] ?? 'n';

const withStatus = (world: TestWorld, name: string, phase: string): unknown =>
  world.edit('pods', name, (pod) => ({
    ...pod,
    spec: { ...(pod['spec'] as object), nodeName: nodeOf(pod) },
    status: {
      phase,
      conditions: [
        {
          type: 'Ready',
          status: phase === 'Running' ? 'True' : 'False',
          lastTransitionTime: world.now.toISOString(),
        },
      ],
    },
  }));

/** A pod starts, fails, is deleted, or is finally gone. */
function disturb(world: TestWorld, luck: Chance): void {
  const pods = world.list('pods');
  if (pods.length === 0) return;
  const pod = luck.pick(pods);
  if (isGoing(pod)) world.remove('pods', nameOf(pod));
  else if (luck.happens(0.7)) withStatus(world, nameOf(pod), 'Running');
  else if (luck.happens(0.5)) withStatus(world, nameOf(pod), 'Failed');
  else world.remove('pods', nameOf(pod));
}

interface Subject {
  controller: Controller;
  change(object: KubeObject, luck: Chance): KubeObject;
}

function simulate(world: TestWorld, { controller, change }: Subject, luck: Chance): void {
  const sights: Snapshot[] = [];
  const broken = mortal(controller, luck);
  for (let step = 0; step < STEPS; step++) {
    world.now = new Date(world.now.getTime() + luck.below(20) * 1000);
    disturb(world, luck);
    if (luck.happens(0.1)) world.edit(controller.resource, 's', (object) => change(object, luck));
    sights.push(world.snapshot());
    if (luck.happens(0.7))
      world.reconcile(broken, 's', luck.happens(0.3) ? luck.pick(sights.slice(-6)) : undefined);
  }
  for (let round = 0; round < 60; round++) {
    world.now = new Date(world.now.getTime() + 60_000);
    world.settle();
    for (const pod of world.list('pods'))
      if (isGoing(pod)) world.remove('pods', nameOf(pod));
      else withStatus(world, nameOf(pod), 'Running');
  }
  world.settle();
}

const images = ['one', 'two', 'three'];

it(`Q4: ${SEEDS} StatefulSets end with the pods that they ask for, whatever becomes of their passes`, () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const luck = chance(seed);
    const world = new TestWorld({ controllers: [statefulSetController] });
    const specOf = () => ({
      replicas: luck.below(5),
      template: template(luck.pick(images)),
      ordinals: { start: luck.below(3) },
    });
    const policy = luck.happens(0.5) ? 'OrderedReady' : 'Parallel';
    const next = (object: KubeObject) =>
      toStatefulSet({
        ...object,
        spec: { ...(object['spec'] as object), ...specOf(), podManagementPolicy: policy },
      });
    world.add(
      'statefulsets.apps',
      next({ metadata: { name: 's' }, spec: { selector: { matchLabels: labels } } }),
    );
    simulate(world, { controller: statefulSetController, change: next }, luck);
    const { spec, status } = toStatefulSet(world.get('statefulsets.apps', 's')!);
    const start = spec.ordinals?.start ?? 0;
    const context = `seed ${seed}: ${JSON.stringify({ ...spec, template: 0, status })}`;
    const wanted = Array.from({ length: spec.replicas }, (_, index) => `s-${start + index}`);
    expect(world.list('pods').map(nameOf).sort(), context).toEqual(wanted);
    const [container] = spec.template.spec.containers;
    for (const pod of world.list('pods')) expect(imageOf(pod), context).toBe(container?.image);
    expect(status.currentRevision, context).toBe(status.updateRevision);
    expect([status.replicas, status.readyReplicas ?? 0], context).toEqual([
      spec.replicas,
      spec.replicas,
    ]);
  }
});

it(`Q4: ${SEEDS} DaemonSets end with one pod of the newest template on every node that wants one`, () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const luck = chance(seed);
    const world = new TestWorld({ controllers: [daemonSetController] });
    const nodes = Array.from({ length: 1 + luck.below(4) }, (_, index) => `n${index}`);
    for (const name of nodes) world.add('nodes', { metadata: { name, labels: {} }, spec: {} });
    const surge = luck.happens(0.5);
    const next = (object: KubeObject) =>
      toDaemonSet({
        ...object,
        spec: {
          ...(object['spec'] as object),
          template: template(luck.pick(images)),
          updateStrategy: {
            type: 'RollingUpdate',
            rollingUpdate: surge
              ? { maxUnavailable: 0, maxSurge: 1 }
              : { maxUnavailable: 1 + luck.below(2), maxSurge: 0 },
          },
        },
      });
    world.add(
      'daemonsets.apps',
      next({ metadata: { name: 's' }, spec: { selector: { matchLabels: labels } } }),
    );
    simulate(world, { controller: daemonSetController, change: next }, luck);
    const { spec, status } = toDaemonSet(world.get('daemonsets.apps', 's')!);
    const context = `seed ${seed}: ${JSON.stringify({ ...spec, template: 0, status })}`;
    const [container] = spec.template.spec.containers;
    expect(world.list('pods').map(imageOf), context).toEqual(nodes.map(() => container?.image));
    expect(status, context).toMatchObject({
      desiredNumberScheduled: nodes.length,
      numberReady: nodes.length,
      updatedNumberScheduled: nodes.length,
    });
  }
});
