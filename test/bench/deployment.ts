// A Deployment of real pods from its creation until all are available, and down to none; and how often its controllers run for it.
import { deploymentController } from '../../src/controllers/deployment/deployment.ts';
import { replicaSetController } from '../../src/controllers/replica-set.ts';
import { systemObjects } from '../../src/api/system-objects.ts';
import { bootstrapObjects } from '../../src/api/bootstrap.ts';
import { reconcileObject } from '../../src/steps/reconcile/reconcile-object.ts';
import { concerned, freshLists } from '../../src/steps/reconcile/wake.ts';
import type { WorkKey } from '../../src/steps/reconcile/work.ts';
import { toDeployment } from '../../src/workloads/deployment.ts';
import type { KubeObject } from '../../src/kinds/pod.ts';
import type { ResourceVersion } from '../../src/ports/identity.ts';
import { present } from '../../src/present.ts';
import { fakePorts } from '../fakes/ports.ts';
import { preciseNow } from './engine.ts';
import { billOf, taskPrice } from './prices.ts';
import { rolloutCost } from './rollout-cost.ts';
import { oneContainer } from './subject.ts';
import type { Subject } from './subject.ts';
import type { Measure } from './summary.ts';

const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const REPLICAS = 20;
/** The Fargate size of such a pod. */
const SMALLEST = { cpu: 0.25, gigabytes: 0.5 };
const LIMIT_MS = 180_000;
const labels = { app: 'bench' };

const deployment = (name: string): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas: REPLICAS,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: { terminationGracePeriodSeconds: 0, ...oneContainer(['sleep', '3600']) },
    },
  },
});

/** POST until all are available, and /scale until no pod is left. */
export async function benchRollout(subject: Subject): Promise<Measure[]> {
  const { client } = subject;
  const name = 'bench';
  const path = `${DEPLOYMENTS}/${name}`;
  const shown = async (wanted: (status: Record<string, number>) => boolean): Promise<number> => {
    const query = `?watch=true&fieldSelector=metadata.name%3D${name}`;
    const stop = AbortSignal.timeout(LIMIT_MS);
    for await (const line of client.lines(
      DEPLOYMENTS + query,
      { accept: 'application/json' },
      stop,
    )) {
      const { object } = JSON.parse(line) as { object: { status: Record<string, number> } };
      if (wanted(object.status)) return preciseNow();
    }
    throw new Error(`${name} did not get there`);
  };
  const began = preciseNow();
  await client.request('POST', DEPLOYMENTS, deployment(name));
  const up = (await shown((status) => status['availableReplicas'] === REPLICAS)) - began;
  const scaled = preciseNow();
  const { body } = await client.request('GET', `${path}/scale`);
  await client.request('PUT', `${path}/scale`, { ...(body as object), spec: { replicas: 0 } });
  await shown((status) => (status['replicas'] ?? 0) === 0);
  await subject.settled();
  const down = preciseNow() - scaled;
  await client.request('DELETE', path);
  return [
    {
      name: `Deployment of ${REPLICAS}: POST until all are available`,
      unit: 's',
      value: up / 1000,
    },
    { name: `  ${REPLICAS} to 0 until no container is left`, unit: 's', value: down / 1000 },
    {
      name: '  reconciliations per change of an object',
      unit: '',
      value: await callsPerChange(),
      goal: 3,
    },
    ...(await costs()),
  ];
}

/** By counted calls, at list prices; the goal is that of a single pod. */
async function costs(): Promise<Measure[]> {
  const { counts, invocations } = await rolloutCost(deployment('bench'), REPLICAS);
  const { lambda, dynamodb, stepFunctions, scheduler, total } = billOf(counts);
  const cents = (name: string, dollars: number, goal?: number): Measure => ({
    ...{ name: `  ${name}`, unit: '¢', value: dollars * 100 },
    ...present({ goal }),
  });
  return [
    cents(`on AWS, ${REPLICAS} pods to available, without Fargate`, total, 0.06 * REPLICAS),
    cents('of it Step Functions', stepFunctions),
    cents('of it DynamoDB', dynamodb),
    cents('of it Lambda and Scheduler', lambda + scheduler),
    cents('Fargate, a minute of them (the least)', REPLICAS * taskPrice(SMALLEST, 60)),
    {
      name: '  invocations of the controllers',
      unit: '',
      value: invocations['reconcile'] ?? 0,
    },
  ];
}

const key = (resource: string, name: string) => ({ resource, namespace: 'default', name });

/** The same in memory: pods become ready one by one, and each change of an object is handled separately. */
async function callsPerChange(): Promise<number> {
  const ports = fakePorts();
  await bootstrapObjects(ports);
  const controllers = [deploymentController, replicaSetController];
  let at = await ports.store.version();
  const object = { ...toDeployment(deployment('bench') as KubeObject) };
  const metadata = { name: 'bench', namespace: 'default', uid: 'bench', generation: 1 };
  await ports.store.commit({
    object: {
      key: key('deployments.apps', 'bench'),
      object: { ...object, metadata },
      expected: 'absent',
    },
  });
  let calls = 0;
  let changes = 0;
  const run = async (keys: readonly WorkKey[]): Promise<void> => {
    for (const asked of keys)
      for (const controller of controllers.filter(({ name }) => name === asked.controller)) {
        calls += 1;
        await reconcileObject(ports, systemObjects(ports), controller, asked);
      }
  };
  const settle = async (): Promise<void> => {
    for (;;) {
      const { entries, upTo } = await ports.store.changes(at, { waitMs: 0 });
      if (entries.length === 0) return;
      at = upTo;
      for (const entry of entries) {
        const keys = await concerned(freshLists(ports), controllers, entry);
        if (keys.length > 0) changes += 1;
        await run(keys);
      }
    }
  };
  await settle();
  const { objects: pods } = await ports.store.list({ resource: 'pods' });
  if (pods.length !== REPLICAS) throw new Error(`${pods.length} pods instead of ${REPLICAS}`);
  for (const pod of pods) {
    const { resourceVersion, ...rest } = pod.metadata;
    const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
    await ports.store.commit({
      object: {
        key: key('pods', rest.name ?? ''),
        object: { ...pod, metadata: rest, status },
        expected: resourceVersion as ResourceVersion,
      },
    });
    await settle();
  }
  return calls / changes;
}
