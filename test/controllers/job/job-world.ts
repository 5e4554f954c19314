// A world with one Job, `j`, whose pods a test starts and ends.
import { jobController } from '../../../src/controllers/job/job-controller.ts';
import type { KubeObject, Pod } from '../../../src/kinds/pod.ts';
import { toPod } from '../../../src/pod/model/to-pod.ts';
import { toJob } from '../../../src/workloads/job/job.ts';
import type { Job, JobStatus } from '../../../src/workloads/job/job.ts';
import { storedJob } from '../../workloads/job/jobs.ts';
import { TestWorld } from '../world.ts';
import type { WorldOptions } from '../world.ts';

export class JobWorld extends TestWorld {
  constructor(spec: object = {}, pod: object = {}, options: Partial<WorldOptions> = {}) {
    super({ controllers: [jobController], ...options });
    this.add('jobs.batch', storedJob(spec, pod));
  }

  get job(): Job {
    const object = this.get('jobs.batch', 'j');
    if (object === undefined) throw new Error('the Job is gone');
    return toJob(object);
  }

  get status(): JobStatus {
    return this.job.status;
  }

  /** `type reason` of the conditions that are True. */
  get conditions(): string[] {
    return (this.status.conditions ?? [])
      .filter(({ status }) => status === 'True')
      .map(({ type, reason }) => `${type} ${reason}`);
  }

  /** The reasons of all events in order. */
  get said(): string[] {
    return this.events.map(({ reason }) => reason);
  }

  get pods(): Pod[] {
    return this.list('pods').map(toPod);
  }

  /** The pods that have not ended and are not being deleted. */
  get active(): Pod[] {
    return this.pods.filter(
      ({ status, metadata }) =>
        !['Succeeded', 'Failed'].includes(status.phase ?? '') &&
        metadata.deletionTimestamp === undefined,
    );
  }

  later(seconds: number): this {
    this.now = new Date(this.now.getTime() + seconds * 1000);
    return this;
  }

  start(name: string): void {
    this.edit('pods', name, (pod) => ({
      ...pod,
      spec: { ...(pod['spec'] as object), nodeName: 'node' },
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    }));
  }

  /** Ends a pod with an exit code, or as the system ends one. */
  end(name: string, exitCode: number, conditions: object[] = []): void {
    const terminated = { exitCode, finishedAt: this.now.toISOString() };
    this.edit('pods', name, (pod) => ({
      ...pod,
      status: {
        phase: exitCode === 0 ? 'Succeeded' : 'Failed',
        conditions: [{ type: 'Ready', status: 'False' }, ...conditions],
        containerStatuses: [{ name: 'app', restartCount: 0, state: { terminated } }],
      },
    }));
  }

  /** Ends all active pods and reconciles. */
  endAll(exitCode: number): void {
    for (const { metadata } of this.active) this.end(metadata.name ?? '', exitCode);
    this.settle();
  }

  change(spec: object): void {
    this.edit('jobs.batch', 'j', (job) => ({
      ...job,
      spec: { ...(job['spec'] as object), ...spec },
    }));
    this.settle();
  }

  markDeleted(name: string): void {
    const deletionTimestamp = this.now.toISOString();
    this.edit('pods', name, (pod: KubeObject) => ({
      ...pod,
      metadata: { ...pod.metadata, deletionTimestamp },
    }));
  }
}

/** A settled world. */
export function jobWorld(spec: object = {}, pod: object = {}): JobWorld {
  const world = new JobWorld(spec, pod);
  world.settle();
  return world;
}
