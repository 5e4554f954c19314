// The simulated node: pods are bound, become ready, end, fail and disappear at random times.
import { StoreConflict } from '../../../src/errors.ts';
import type { KubeObject } from '../../../src/kinds/pod.ts';
import type { ResourceVersion } from '../../../src/ports/identity.ts';
import type { Chance } from '../random.ts';
import type { Installation } from './installation.ts';
import { isGoing, isOver, phaseOf, specOf } from './sight.ts';
import type { User } from './user.ts';

/** How pods behave, as probabilities per moment. */
export interface PodLife {
  /** The next step: bound, ready, or gone after its deletion. */
  moves: number;
  /** A running pod ends by itself, with this exit code. */
  ends?: { chance: number; code(pod: KubeObject): number };
  /** A pod fails with its node. */
  fails?: number;
  /** Somebody deletes a pod. */
  deleted?: number;
}

/** One moment for all pods. */
export async function nodeMoment(
  installation: Installation,
  user: User,
  luck: Chance,
  life: PodLife,
): Promise<void> {
  const { objects } = await installation.ports.store.list({
    resource: 'pods',
    namespace: 'default',
  });
  for (const pod of objects) {
    const path = `/api/v1/namespaces/default/pods/${pod.metadata.name ?? ''}`;
    if (luck.happens(life.deleted ?? 0)) await user.remove(path);
    else if (luck.happens(life.fails ?? 0) && !isOver(pod)) await end(installation, pod, 137);
    else if (isGoing(pod)) {
      if (!luck.happens(life.moves)) continue;
      if (isOver(pod)) await user.remove(path, { gracePeriodSeconds: 0 });
      else await end(installation, pod, 143);
    } else if (phaseOf(pod) === 'Running' && life.ends) {
      if (luck.happens(life.ends.chance)) await end(installation, pod, life.ends.code(pod));
    } else if (!isOver(pod) && luck.happens(life.moves)) await start(installation, pod);
  }
}

/** The node that it is meant for, if any. */
const nodeOf = (pod: KubeObject): string =>
  /"values":\["([\w-]+)"\]/.exec(JSON.stringify(specOf(pod).affinity ?? {}))?.[1] ?? 'fargate';

async function start(installation: Installation, pod: KubeObject): Promise<void> {
  const bound = specOf(pod).nodeName !== undefined;
  const running = phaseOf(pod) === 'Running';
  if (running) return;
  await write(installation, pod, {
    spec: { ...specOf(pod), nodeName: specOf(pod).nodeName ?? nodeOf(pod) },
    status: bound ? statusAt(installation, 'Running', true) : { phase: 'Pending' },
  });
}

function end(installation: Installation, pod: KubeObject, code: number): Promise<void> {
  const status = statusAt(installation, code === 0 ? 'Succeeded' : 'Failed', false);
  const finishedAt = installation.ports.clock.now().toISOString();
  const state = { terminated: { exitCode: code, finishedAt, startedAt: finishedAt } };
  return write(installation, pod, {
    spec: { ...specOf(pod), nodeName: specOf(pod).nodeName ?? nodeOf(pod) },
    status: {
      ...status,
      containerStatuses: [{ name: 'a', ready: false, restartCount: 0, state }],
    },
  });
}

const statusAt = ({ ports }: Installation, phase: string, ready: boolean): object => ({
  phase,
  startTime: ports.clock.now().toISOString(),
  conditions: [
    {
      type: 'Ready',
      status: ready ? 'True' : 'False',
      lastTransitionTime: ports.clock.now().toISOString(),
    },
  ],
});

async function write(
  { ports }: Installation,
  pod: KubeObject,
  { spec, status }: { spec: object; status: object },
): Promise<void> {
  const { resourceVersion = '', namespace = '', name = '', ...metadata } = pod.metadata;
  const object = { ...pod, metadata: { ...metadata, name, namespace }, spec, status };
  const key = { resource: 'pods', namespace, name };
  try {
    await ports.store.commit({
      object: { key, object, expected: resourceVersion as ResourceVersion },
    });
  } catch (error) {
    // Another writer came first.
    if (!(error instanceof StoreConflict)) throw error;
  }
}
