// DaemonSets in the test world: which nodes get a pod, and the order of an update.
import { beforeEach, expect, it } from 'vitest';
import { daemonSetController } from '../../src/controllers/daemon-set/daemon-set.ts';
import type { KubeObject } from '../../src/kinds/pod.ts';
import { toDaemonSet } from '../../src/workloads/daemon-set.ts';
import type { DaemonSetStatus } from '../../src/workloads/daemon-set.ts';
import { TestWorld } from './world.ts';

const SETS = 'daemonsets.apps';
const labels = { app: 'agent' };
const set = (spec: object = {}, pod: object = {}, image = 'one'): KubeObject =>
  toDaemonSet({
    metadata: {
      name: 'agent',
      annotations: { 'deprecated.daemonset.template.generation': '1' },
    },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'a', image }], ...pod } },
      ...spec,
    },
  });
const node = (name: string, spec: object = {}, own: object = {}): KubeObject => ({
  metadata: { name, labels: { 'kubernetes.io/hostname': name, ...own } },
  spec,
});

let world: TestWorld;
beforeEach(() => {
  world = new TestWorld({ controllers: [daemonSetController] });
});

const status = () => world.get(SETS, 'agent')!['status'] as DaemonSetStatus;
const fieldsOf = (pod: KubeObject): { containers: { image: string }[]; affinity: unknown } =>
  pod['spec'] as never;
const images = (): string[] =>
  world
    .list('pods')
    .filter(({ metadata }) => !metadata.deletionTimestamp)
    .map((pod) => fieldsOf(pod).containers[0]!.image);
const runAll = (): void => {
  for (const { metadata } of world.list('pods'))
    world.edit('pods', metadata.name!, (pod) => ({
      ...pod,
      status: {
        phase: 'Running',
        conditions: [
          { type: 'Ready', status: 'True', lastTransitionTime: world.now.toISOString() },
        ],
      },
    }));
  world.settle();
};
const update = (image: string): unknown =>
  world.edit(SETS, 'agent', ({ metadata, spec, ...rest }) => ({
    ...rest,
    metadata: {
      ...metadata,
      annotations: { 'deprecated.daemonset.template.generation': '2' },
    },
    spec: {
      ...(spec as object),
      template: (set({}, {}, image)['spec'] as { template: object }).template,
    },
  }));

it('Q3: every node that fits gets one pod, meant for it alone', () => {
  world.add('nodes', node('a'));
  world.add('nodes', node('b', {}, { disk: 'ssd' }));
  world.add('nodes', node('c', { taints: [{ key: 'k', effect: 'NoSchedule' }] }));
  world.add(SETS, set());
  world.settle();
  expect(world.list('pods')).toHaveLength(2);
  const [pod] = world.list('pods');
  expect(fieldsOf(pod!).affinity).toMatchObject({
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['a'] }] },
        ],
      },
    },
  });
  expect(pod!.metadata.labels).toMatchObject({ app: 'agent', 'pod-template-generation': '1' });
  runAll();
  expect(status()).toMatchObject({
    desiredNumberScheduled: 2,
    currentNumberScheduled: 2,
    numberReady: 2,
    numberAvailable: 2,
    updatedNumberScheduled: 2,
  });
});

it('a node that does not fit any more loses its pod; without nodes all is zero', () => {
  world.add('nodes', node('a', {}, { disk: 'ssd' }));
  world.add(SETS, set({}, { nodeSelector: { disk: 'ssd' } }));
  world.settle();
  expect(world.list('pods')).toHaveLength(1);
  world.edit('nodes', 'a', ({ metadata, ...rest }) => ({
    ...rest,
    metadata: { ...metadata, labels: {} },
  }));
  world.settle();
  expect(world.list('pods')).toHaveLength(0);
  expect(status()).toMatchObject({ desiredNumberScheduled: 0, numberReady: 0 });
});

it('a rolling update takes no more pods away than may be missing', () => {
  for (const name of ['a', 'b', 'c']) world.add('nodes', node(name));
  world.add(SETS, set());
  world.settle();
  runAll();
  update('two');
  world.settle();
  expect(images().sort()).toEqual(['one', 'one', 'two']);
  runAll();
  runAll();
  expect(images().sort()).toEqual(['two', 'two', 'two']);
  expect(world.list('controllerrevisions.apps')).toHaveLength(2);
});

it('with a surge the new pod comes first', () => {
  world.add('nodes', node('a'));
  const rollingUpdate = { maxUnavailable: 0, maxSurge: 1 };
  world.add(SETS, set({ updateStrategy: { type: 'RollingUpdate', rollingUpdate } }));
  world.settle();
  runAll();
  update('two');
  world.settle();
  expect(images()).toEqual(['one', 'two']);
  runAll();
  expect(images()).toEqual(['two']);
});

it('OnDelete leaves the pods alone', () => {
  world.add('nodes', node('a'));
  world.add(SETS, set({ updateStrategy: { type: 'OnDelete' } }));
  world.settle();
  runAll();
  update('two');
  world.settle();
  expect(images()).toEqual(['one']);
});

it('a failed pod is replaced after a while, and said', () => {
  world.add('nodes', node('a'));
  world.add(SETS, set());
  world.settle();
  const [{ metadata } = { metadata: {} }] = world.list('pods');
  world.edit('pods', metadata.name!, (pod) => ({ ...pod, status: { phase: 'Failed' } }));
  world.settle();
  expect(world.get('pods', metadata.name!)).toBeDefined();
  world.now = world.requeues.at(-1)!;
  world.settle();
  world.settle();
  expect(world.get('pods', metadata.name!)).toBeUndefined();
  expect(world.list('pods')).toHaveLength(1);
  expect(world.events.map(({ reason }) => reason)).toContain('FailedDaemonPod');
});
