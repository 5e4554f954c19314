// A Deployment with its ReplicaSets and pods in the test world: pods become ready when a test says so.
import { deploymentController } from '../../../src/controllers/deployment/deployment.ts';
import { replicaSetController } from '../../../src/controllers/replica-set.ts';
import type { KubeObject } from '../../../src/kinds/pod.ts';
import { toDeployment } from '../../../src/workloads/deployment.ts';
import type { Deployment } from '../../../src/workloads/deployment.ts';
import { toReplicaSet } from '../../../src/workloads/replica-set.ts';
import type { ReplicaSet } from '../../../src/workloads/replica-set.ts';
import type { WorldOptions } from '../world.ts';
import { TestWorld } from '../world.ts';

export const DEPLOYMENTS = 'deployments.apps';
export const SETS = 'replicasets.apps';
const labels = { app: 'x' };

export const template = (image: string): object => ({
  metadata: { labels },
  spec: { containers: [{ name: 'c', image }] },
});

export class DeploymentWorld extends TestWorld {
  constructor(spec: object = {}, options: Partial<WorldOptions> = {}) {
    super({ controllers: [replicaSetController, deploymentController], ...options });
    this.add(
      DEPLOYMENTS,
      toDeployment({
        metadata: { name: 'web' },
        spec: {
          replicas: 3,
          selector: { matchLabels: labels },
          template: template('b:1'),
          ...spec,
        },
      }),
    );
  }

  get deployment(): Deployment {
    return toDeployment(this.get(DEPLOYMENTS, 'web')!);
  }

  /** The sets, the oldest first. */
  get sets(): ReplicaSet[] {
    return this.list(SETS).map(toReplicaSet);
  }

  get pods(): KubeObject[] {
    return this.list('pods');
  }

  /** Type, status and reason of each condition. */
  get conditions(): string[] {
    return (this.deployment.status.conditions ?? [])
      .map(({ type, status, reason }) => `${type} ${status} ${reason ?? ''}`)
      .sort();
  }

  /** The sizes in the events of scaling, e.g. `up 0-3`. */
  get scalings(): string[] {
    return this.events
      .filter(({ reason }) => reason === 'ScalingReplicaSet')
      .map(({ message }) => /Scaled (up|down) .* from (\d+) to (\d+)/.exec(message)!)
      .map(([, way, from, to]) => `${way} ${from}-${to}`);
  }

  change(spec: object, metadata: object = {}): void {
    this.edit(DEPLOYMENTS, 'web', (object) => ({
      ...object,
      metadata: { ...object.metadata, ...metadata },
      spec: { ...(object['spec'] as object), ...spec },
    }));
  }

  /** A new image; one second later, so that ages differ. */
  roll(image: string, spec: object = {}): void {
    this.pass(1);
    this.change({ template: template(image), ...spec });
  }

  pass(seconds: number): void {
    this.now = new Date(this.now.getTime() + seconds * 1000);
  }

  /** Makes unready pods ready, except those with a broken image. */
  makeReady(most = Infinity): void {
    const waiting = this.pods.filter(
      (pod) => !pod.metadata.deletionTimestamp && !isReady(pod) && imageOf(pod) !== 'broken',
    );
    for (const { metadata } of waiting.slice(0, most))
      this.edit('pods', metadata.name!, (pod) => ({
        ...pod,
        spec: { ...(pod['spec'] as object), nodeName: 'n' },
        status: {
          phase: 'Running',
          conditions: [
            { type: 'Ready', status: 'True', lastTransitionTime: this.now.toISOString() },
          ],
        },
      }));
  }

  /** Removes terminating pods. */
  endPods(): void {
    for (const { metadata } of this.pods)
      if (metadata.deletionTimestamp) this.remove('pods', metadata.name!);
  }

  /** Completes a rollout whose pods all become ready. */
  finish(): void {
    this.settle();
    for (let round = 0; round < 50; round++) {
      this.makeReady();
      this.endPods();
      const before = this.written.length;
      this.settle();
      if (this.written.length === before) return;
    }
    throw new Error('the rollout does not end');
  }
}

export const isReady = (pod: KubeObject): boolean =>
  JSON.stringify(pod['status'] ?? {}).includes('"Ready"');
export const imageOf = (pod: KubeObject): string =>
  (pod['spec'] as { containers: { image: string }[] }).containers[0]!.image;
