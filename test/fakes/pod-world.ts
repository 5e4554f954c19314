// A whole installation in memory on one virtual clock: store, machine, functions, ECS and scripted podlets.
import { observe } from '../../src/steps/observe/observe.ts';
import { sweep } from '../../functions/sweep.ts';
import type { Pod } from '../../src/kinds/pod.ts';
import { apiNode } from '../../src/api/node.ts';
import { podCreated } from '../../src/steps/create/pod-created.ts';
import { podDeleting } from '../../src/steps/delete/pod-deleting.ts';
import { podEdited } from '../../src/steps/edit/pod-edited.ts';
import { podRemoved, removalRecords } from '../../src/steps/delete/pod-removed.ts';
import { recordsFor, recordKey, toRecord } from '../../src/steps/pod/record-for.ts';
import { keepSweepOn } from '../../src/steps/sweep/sweep-switch.ts';
import { syncPod } from '../../src/steps/sync/sync-pod.ts';
import type { Credential, SyncAnswer } from '../../src/steps/sync/sync-pod.ts';

import { toPod } from '../../src/pod/model/to-pod.ts';
import { podCells } from '../../src/pod/status/printer.ts';
import type { ResourceVersion, TaskArn } from '../../src/ports/identity.ts';
import type { Ports } from '../../src/ports/ports.ts';
import type { Settings } from '../../src/ports/settings.ts';
import type { RunTaskRequest } from '../../src/ports/tasks.ts';
import type { Wakeups } from '../../src/ports/wakeups.ts';
import { present } from '../../src/present.ts';
import type { Report } from '../../src/protocol/messages.ts';
import type { PodRecord } from '../../src/record/record.ts';
import { AgentPodlet } from './agent-podlet.ts';
import type { FakeExec } from './fake-supervisors.ts';
import { PodMachine } from './pod-machine.ts';
import type { Within } from './pod-machine.ts';
import { fakePorts, FakeTasks } from './ports.ts';
import type { FaultHook } from './ports.ts';
import { ScriptedPodlet } from './scripted-podlet.ts';
import type { ScriptedRun } from './scripted-podlet.ts';
import { VirtualClock } from './virtual-clock.ts';

export interface RunEvent {
  container: string;
  run: number;
  what: 'start' | 'exit';
  attempt: number;
  exitCode?: number;
  /** Seconds since the world began. */
  at: number;
}

export type Script = (container: string, run: number, attempt: number) => ScriptedRun;

/** Tasks whose podlets are in the same world. */
class WorldTasks extends FakeTasks {
  onRun: ((taskArn: TaskArn, request: RunTaskRequest) => void) | undefined;
  onStop: ((taskArn: TaskArn) => void) | undefined;

  override async run(request: RunTaskRequest): Promise<{ taskArn: TaskArn } | { failure: string }> {
    const known = new Set(this.tasks.keys());
    try {
      return await super.run(request);
    } finally {
      // The task runs even if the response was lost.
      for (const taskArn of this.tasks.keys())
        if (!known.has(taskArn) && this.requests.get(taskArn)?.clientToken === request.clientToken)
          this.onRun?.(taskArn, request);
    }
  }

  override async stop(taskArn: TaskArn, reason: string): Promise<void> {
    await super.stop(taskArn, reason);
    this.onStop?.(taskArn);
  }
}

/** How long after StopTask ECS kills what has not ended. */
const STOP_TIMEOUT_MS = 120_000;

const NO_ANSWER_MS = 3_000;
const LOOK_AGAIN_MS = 500;
const LATE_MS = [2_000, 15_000, 60_000];

/** How a message travels: `send` may be called never, late or twice; the sender sees what it throws. */
export type Deliver = <T>(kind: 'sync' | 'change', send: () => Promise<T>) => Promise<T>;

/** Runs the API's own commit; a simulation keeps faults away from it. */
export type Commit = <T>(act: () => Promise<T>) => Promise<T>;
const plainly: Commit = (act) => act();

export interface WorldOptions {
  settings?: Partial<Settings>;
  /** Called for each operation of store, tasks, executions and images. */
  fault?: FaultHook;
  random?: () => number;
  deliver?: Deliver;
  /** Tasks run the real podlet agent instead of the scripted one. */
  agent?: boolean;
  /** From RunTask to the podlet's first report. */
  bootMs?: number;
  /** Answers the podlet's exec probes and hooks. */
  commands?: (container: string, argv: string[]) => FakeExec;
  /** Functions share no memory, as on AWS: a wake reaches nobody, and a wait polls. */
  apart?: boolean;
  /** Runs each function's work; called with the function's name. */
  within?: Within;
}

/** The virtual node. */
const NODE = {
  key: { resource: 'nodes', namespace: '', name: 'fargate' },
  object: {
    metadata: { name: 'fargate' },
    spec: {},
    status: { allocatable: { cpu: '1024', memory: '4Ti' } },
  },
};

export class PodWorld {
  readonly clock = new VirtualClock();
  readonly tasks = new WorldTasks();
  readonly machine: PodMachine;
  readonly ports: Ports & ReturnType<typeof fakePorts>;
  readonly events: RunEvent[] = [];
  /** What sync threw; a podlet continues without a response. */
  readonly faults: unknown[] = [];
  /** Reports that got a response. */
  readonly acknowledged: Report[] = [];
  /** Called at each start and exit, before anything else happens. */
  onRunEvent: ((event: RunEvent) => void) | undefined;
  readonly podlets = new Map<TaskArn, ScriptedPodlet | AgentPodlet>();
  readonly #began: number;
  #script: Script = () => ({});
  #pods = 0;
  readonly #stopping = new Set<TaskArn>();
  /** Repeats a podlet's newest report. */
  readonly #said = new Map<string, () => Promise<unknown>>();

  readonly #deliver: Deliver;
  readonly #bootMs: number;
  readonly #agent: boolean;
  readonly #commands: WorldOptions['commands'];
  readonly #within: Within;
  /** The network between podlets and API is cut. */
  #deaf = false;

  constructor({
    settings,
    fault,
    random,
    deliver = (_kind, send) => send(),
    bootMs = 0,
    agent = false,
    commands,
    apart = false,
    within = (_name, act) => act(),
  }: WorldOptions = {}) {
    this.#within = within;
    const fakes = fakePorts({
      clock: this.clock,
      objects: [NODE],
      ...present({ settings, fault }),
    });
    this.#began = this.clock.now().getTime();
    this.#deliver = deliver;
    this.#bootMs = bootMs;
    this.#agent = agent;
    this.#commands = commands;
    this.tasks.fault = fault;
    this.machine = new PodMachine({
      clock: this.clock,
      ports: () => this.ports,
      within,
      ...present({ random, fault }),
      onEnd: ({ name, status, error, cause }) =>
        this.#change('Step Functions Execution Status Change', { name, status, error, cause }),
    });
    const wakeups: Wakeups = apart
      ? {
          wake: () => undefined,
          wait: (_uid, ms, signal) => this.clock.sleep(Math.min(ms, LOOK_AGAIN_MS), signal),
        }
      : fakes.wakeups;
    this.ports = { ...fakes, tasks: this.tasks, executions: this.machine, wakeups } as never;
    this.tasks.onRun = (taskArn, request) => this.#boot(taskArn, request);
    this.tasks.onStop = (taskArn) => void this.#stop(taskArn);
  }

  get seconds(): number {
    return (this.clock.now().getTime() - this.#began) / 1000;
  }

  /** Like POST: object and record in one commit, then podCreated. */
  async create(
    spec: Pod['spec'],
    script: Script = () => ({}),
    labels?: Record<string, string>,
  ): Promise<Pod> {
    await this.#within('api', () => keepSweepOn(this.ports));
    const pod = await this.insert(spec, script, undefined, plainly, labels);
    await this.#within('api', () => podCreated(this.ports, pod));
    return pod;
  }

  /** The commit of a POST alone. */
  async insert(
    spec: Pod['spec'],
    script: Script,
    name = `pod-${++this.#pods}`,
    commit: Commit = plainly,
    labels?: Record<string, string>,
  ): Promise<Pod> {
    this.#script = script;
    const uid = this.ports.ids.uuid();
    const creationTimestamp = this.clock
      .now()
      .toISOString()
      .replace(/\.\d+Z/, 'Z');
    const pod: Pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name,
        namespace: 'default',
        uid,
        creationTimestamp,
        generation: 1,
        ...present({ labels }),
      },
      spec: { restartPolicy: 'Always', terminationGracePeriodSeconds: 30, ...spec },
      status: { phase: 'Pending', qosClass: 'BestEffort' },
    };
    await commit(async () => {
      await this.#insertNode();
      await this.ports.store.commit({
        object: { key: this.#key(pod), object: { ...pod }, expected: 'absent' },
        records: recordsFor(this.ports, pod),
      });
    });
    return pod;
  }

  /** Like bootstrap: without a node no pod is bound. */
  async #insertNode(): Promise<void> {
    const node = apiNode(this.ports);
    const key = { resource: 'nodes', namespace: '', name: node.metadata.name ?? '' };
    if (!(await this.ports.store.get(key)))
      await this.ports.store.commit({ object: { key, object: node, expected: 'absent' } });
  }

  /** Like a graceful DELETE. */
  async delete(pod: Pod, graceSeconds = 30, commit: Commit = plainly): Promise<void> {
    const deleted = await commit(() => this.#markDeleted(pod, graceSeconds));
    await this.#within('api', () => podDeleting(this.ports, deleted));
  }

  async #markDeleted(pod: Pod, graceSeconds: number): Promise<Pod> {
    const now = await this.pod(pod);
    if (!now) throw new Error('the pod is gone');
    const deletionTimestamp = new Date(this.clock.now().getTime() + graceSeconds * 1000)
      .toISOString()
      .replace(/\.\d+Z/, 'Z');
    const object = {
      ...now,
      metadata: {
        ...now.metadata,
        deletionTimestamp,
        deletionGracePeriodSeconds: graceSeconds,
        generation: (now.metadata.generation ?? 1) + 1,
      },
    };
    await this.ports.store.commit({
      object: {
        key: this.#key(pod),
        object,
        expected: now.metadata.resourceVersion as ResourceVersion,
      },
    });
    return object;
  }

  /** Like a PUT with another spec. */
  async edit(
    pod: Pod,
    change: (spec: Pod['spec']) => Pod['spec'],
    commit: Commit = plainly,
  ): Promise<void> {
    const { before, after } = await commit(() => this.#editSpec(pod, change));
    await this.#within('api', () => podEdited(this.ports, after, before));
  }

  async #editSpec(
    pod: Pod,
    change: (spec: Pod['spec']) => Pod['spec'],
  ): Promise<{ before: Pod; after: Pod }> {
    const before = await this.pod(pod);
    if (!before) throw new Error('the pod is gone');
    const after: Pod = {
      ...before,
      metadata: { ...before.metadata, generation: (before.metadata.generation ?? 1) + 1 },
      spec: change(before.spec),
    };
    await this.ports.store.commit({
      object: {
        key: this.#key(pod),
        object: { ...after },
        expected: before.metadata.resourceVersion as ResourceVersion,
      },
    });
    return { before, after };
  }

  /** Like `delete --force --grace-period=0`. */
  async remove(pod: Pod, commit: Commit = plainly): Promise<void> {
    const removed = await commit(() => this.#within('api', () => this.#removeObject(pod)));
    await this.#within('api', () => podRemoved(this.ports, removed));
  }

  async #removeObject(pod: Pod): Promise<Pod> {
    const now = await this.pod(pod);
    if (!now) throw new Error('the pod is gone');
    const records = await removalRecords(this.ports, now);
    await this.ports.store.commit({
      object: {
        key: this.#key(pod),
        object: null,
        expected: now.metadata.resourceVersion as ResourceVersion,
      },
      records,
    });
    return now;
  }

  async pod(pod: Pod): Promise<Pod | undefined> {
    const stored = await this.ports.store.get(this.#key(pod));
    return stored?.metadata.uid === pod.metadata.uid ? toPod(stored!) : undefined;
  }

  async record(pod: Pod): Promise<PodRecord | undefined> {
    const stored = await this.ports.store.getRecord(recordKey(pod.metadata.uid ?? ''));
    return stored && toRecord(stored.value);
  }

  /** The STATUS cell; '' once the pod is gone. */
  async cell(pod: Pod): Promise<string> {
    const now = await this.pod(pod);
    return now ? (podCells(now, this.clock.now())[2] ?? '') : '';
  }

  /** A new revision of the machine: first the document, then the functions that use it. */
  deploy(revision: string): void {
    this.machine.deploy(revision);
    this.ports.settings.machineRevision = revision;
  }

  /** Cuts the network between podlets and API, or repairs it. */
  setDeaf(deaf: boolean): void {
    this.#deaf = deaf;
  }

  /** The podlet's process crashes and comes back (scripted podlets only). */
  reboot(taskArn: TaskArn): void {
    const podlet = this.podlets.get(taskArn);
    const last = this.#said.get(taskArn);
    if (!(podlet instanceof ScriptedPodlet)) return;
    podlet.reboot();
    // The crashed process's last messages may still be in flight.
    for (const ms of last ? LATE_MS : [])
      void this.clock
        .sleep(ms)
        .then(last)
        .catch((error: unknown) => void this.faults.push(error));
  }

  sweep(): Promise<unknown> {
    return this.#within('sweep', () => sweep(this.ports));
  }

  /** The task ends, and not because of the podlet. */
  async kill(taskArn: TaskArn, stopCode = 'EssentialContainerExited'): Promise<void> {
    this.podlets.get(taskArn)?.die();
    await this.#stopped(taskArn, stopCode);
  }

  /** ECS reclaims the host: TERM, the change event, two minutes. */
  async interrupt(taskArn: TaskArn): Promise<void> {
    if (this.tasks.tasks.get(taskArn)?.desiredStatus === 'STOPPED') return;
    this.tasks.change(taskArn, { desiredStatus: 'STOPPED', stopCode: 'SpotInterruption' });
    await this.#stop(taskArn);
  }

  async #stopped(taskArn: TaskArn, stopCode: string): Promise<void> {
    const known = this.tasks.tasks.get(taskArn);
    if (known?.lastStatus === 'STOPPED') return;
    // The stop code stays the first one.
    const facts = this.tasks.change(taskArn, {
      lastStatus: 'STOPPED',
      desiredStatus: 'STOPPED',
      stopCode: known?.stopCode ?? stopCode,
    });
    await this.#change('ECS Task State Change', facts);
  }

  /** EventBridge: the sender does not see what the target throws. */
  async #change(type: string, detail: unknown): Promise<void> {
    await this.#deliver('change', () =>
      this.#within('observe', () => observe(this.ports, { 'detail-type': type, detail })),
    ).catch((error: unknown) => void this.faults.push(error));
  }

  /** TERM, and KILL for the rest after the longest stopTimeout. */
  async #stop(taskArn: TaskArn): Promise<void> {
    if (this.#stopping.has(taskArn)) return;
    this.#stopping.add(taskArn);
    this.podlets.get(taskArn)?.term();
    const facts = this.tasks.tasks.get(taskArn);
    if (facts) void this.#change('ECS Task State Change', structuredClone(facts));
    await this.clock.sleep(STOP_TIMEOUT_MS);
    await this.kill(taskArn, 'UserInitiated');
  }

  #key(pod: Pod) {
    return {
      resource: 'pods',
      namespace: pod.metadata.namespace ?? 'default',
      name: pod.metadata.name ?? '',
    };
  }

  async #sync(credential: Credential, report: Report, signal: AbortSignal): Promise<SyncAnswer> {
    if (this.#deaf) {
      await this.clock.sleep(NO_ANSWER_MS, signal);
      throw new Error('no answer');
    }
    const asked = (until?: AbortSignal): Promise<SyncAnswer> =>
      this.#within('sync', () => syncPod(this.ports, credential, report, until));
    this.#said.set(report.taskArn, () => asked());
    const answer = await this.#deliver('sync', () => asked(signal)).catch((error: unknown) => {
      this.faults.push(error);
      throw error;
    });
    // A cut network is not a fault of what runs here.
    if (this.#deaf) throw new Error('the network was cut before the answer came');
    if ('desired' in answer && !answer.desired.leave) this.acknowledged.push(report);
    return answer;
  }

  #boot(taskArn: TaskArn, { podletEnvironment }: RunTaskRequest): void {
    const {
      DROPPOD_UID: uid = '',
      DROPPOD_ATTEMPT = '',
      DROPPOD_TOKEN: bootstrap = '',
      DROPPOD_CONTAINERS = '',
    } = podletEnvironment;
    const attempt = Number(DROPPOD_ATTEMPT);
    const script = this.#script;
    const Podlet = this.#agent ? AgentPodlet : ScriptedPodlet;
    const podlet = new Podlet({
      clock: this.clock,
      sync: (report, signal) =>
        this.#sync({ bootstrap, secret: `secret-of-${attempt}-${uid}` }, report, signal),
      uid,
      attempt,
      taskArn,
      containers: DROPPOD_CONTAINERS.split(','),
      script: (container, run) => script(container, run, attempt),
      onRun: (event) => {
        this.onRunEvent?.({ ...event, at: this.seconds });
        this.events.push({ ...event, at: this.seconds });
      },
      onLeave: () => void this.#stopped(taskArn, 'EssentialContainerExited'),
      ...present({ commands: this.#commands }),
    });
    this.podlets.set(taskArn, podlet);
    void this.clock.sleep(this.#bootMs).then(() => {
      const facts = this.tasks.change(taskArn, { lastStatus: 'RUNNING' });
      void this.#change('ECS Task State Change', facts);
      return podlet.run();
    });
  }
}
