// Small working implementations of the other ports: they record calls and can be set to fail.
// `fakePorts({ clock, … })` creates a whole set; replace single ports by spreading.
import type { Clock } from '../../src/ports/clock.ts';
import type { Executions } from '../../src/ports/executions.ts';
import type { TaskArn } from '../../src/ports/identity.ts';
import type { Ids } from '../../src/ports/ids.ts';
import type { ImageConfig, ImageOutcome, Images } from '../../src/ports/images.ts';
import type { Log } from '../../src/ports/log.ts';
import type { Json } from '../../src/ports/json.ts';
import type { LogLine, Logs } from '../../src/ports/logs.ts';
import type { Ports } from '../../src/ports/ports.ts';
import type { Settings } from '../../src/ports/settings.ts';
import type { RunTaskRequest, TaskDefinition, TaskFacts, Tasks } from '../../src/ports/tasks.ts';
import type { Wakeups } from '../../src/ports/wakeups.ts';
import type { Fault, MemoryStoreOptions } from './memory-store.ts';
import { MemoryStore } from './memory-store.ts';
import { Unavailable } from '../../src/errors.ts';
import { VirtualClock } from './virtual-clock.ts';

/** Called before each operation with `port.operation` (`tasks.run`); see MemoryStoreOptions.fault. */
export type FaultHook = (
  operation: string,
) => Fault | undefined | void | Promise<Fault | undefined | void>;

/** One recorded call. */
interface Call {
  operation: string;
  input: unknown;
}

/** Records the call, calls the hook, acts; shared by all fakes here. */
class Recorder {
  readonly calls: Call[] = [];
  fault: FaultHook | undefined;

  constructor(fault?: FaultHook) {
    this.fault = fault;
  }

  async record<T>(operation: string, input: unknown, act: () => T): Promise<T> {
    this.calls.push({ operation, input });
    const fault = (await this.fault?.(operation)) ?? 'ok';
    if (fault === 'fail-before') throw new Unavailable(`${operation} failed before it happened`);
    const answer = act();
    if (fault === 'fail-after') throw new Unavailable(`${operation} happened, its answer was lost`);
    return answer;
  }
}

/** Step Functions' start, succeed and stop without a machine; executions are in `states`, task results in `answers`. */
class FakeExecutions extends Recorder implements Executions {
  readonly states = new Map<
    string,
    { status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED'; input: Json }
  >();
  readonly answers: { token: string; output: Json }[] = [];

  start(name: string, input: Json): Promise<'started' | 'alreadyExists'> {
    return this.record('executions.start', { name, input }, () => {
      const known = this.states.get(name);
      if (
        known &&
        (known.status !== 'RUNNING' || JSON.stringify(known.input) !== JSON.stringify(input))
      )
        return 'alreadyExists';
      this.states.set(name, { status: 'RUNNING', input });
      return 'started';
    });
  }

  succeed(token: string, output: Json): Promise<void> {
    return this.record(
      'executions.succeed',
      { token, output },
      () => void this.answers.push({ token, output }),
    );
  }

  stop(name: string, cause: string): Promise<void> {
    return this.record('executions.stop', { name, cause }, () => {
      const known = this.states.get(name);
      if (known?.status === 'RUNNING') known.status = 'ABORTED';
    });
  }

  describe(name: string): ReturnType<Executions['describe']> {
    return this.record('executions.describe', { name }, () => this.states.get(name));
  }
}

/** ECS without containers: tasks are facts in `tasks` that a test changes with `change`. */
export class FakeTasks extends Recorder implements Tasks {
  readonly definitions: TaskDefinition[] = [];
  readonly tasks = new Map<TaskArn, TaskFacts>();
  readonly requests = new Map<TaskArn, RunTaskRequest>();
  readonly stopped: { taskArn: TaskArn; reason: string }[] = [];
  /** If set, the next runs fail with it. */
  failure: string | undefined;
  readonly #byToken = new Map<string, TaskArn>();

  register(definition: TaskDefinition): ReturnType<Tasks['register']> {
    return this.record('tasks.register', definition, () => {
      const text = JSON.stringify(definition);
      const at = this.definitions.findIndex((known) => JSON.stringify(known) === text);
      if (at < 0) this.definitions.push(definition);
      return { arn: `arn:aws:ecs:us-east-1:000000000000:task-definition/${definition.family}:1` };
    });
  }

  run(request: RunTaskRequest): ReturnType<Tasks['run']> {
    return this.record('tasks.run', request, () => this.#place(request));
  }

  stop(taskArn: TaskArn, reason: string): Promise<void> {
    return this.record('tasks.stop', { taskArn, reason }, () => {
      this.stopped.push({ taskArn, reason });
      const task = this.tasks.get(taskArn);
      if (task && task.lastStatus !== 'STOPPED')
        this.change(taskArn, {
          desiredStatus: 'STOPPED',
          stopCode: 'UserInitiated',
          stoppedReason: reason,
        });
    });
  }

  describe(taskArns: readonly TaskArn[]): ReturnType<Tasks['describe']> {
    return this.record('tasks.describe', { taskArns }, () => {
      const found = taskArns.flatMap((arn) => this.tasks.get(arn) ?? []);
      return new Map(found.map((task) => [task.taskArn, structuredClone(task)]));
    });
  }

  listRunning(): ReturnType<Tasks['listRunning']> {
    return this.record('tasks.listRunning', {}, () =>
      [...this.tasks.values()]
        .filter(({ lastStatus }) => lastStatus !== 'STOPPED')
        .map(({ taskArn, startedBy, lastStatus }) => ({
          taskArn,
          startedBy: startedBy ?? '',
          lastStatus,
        })),
    );
  }

  /** Changes a task's facts and raises its version. */
  change(taskArn: TaskArn, facts: Partial<TaskFacts>): TaskFacts {
    const task = this.tasks.get(taskArn);
    if (!task) throw new Error(`no task ${taskArn}`);
    Object.assign(task, facts, { version: task.version + 1 });
    return structuredClone(task);
  }

  #place(request: RunTaskRequest): { taskArn: TaskArn } | { failure: string } {
    const known = this.#byToken.get(request.clientToken);
    if (known) return { taskArn: known };
    if (this.failure !== undefined) return { failure: this.failure };
    const id = String(this.tasks.size + 1).padStart(32, '0');
    const taskArn = `arn:aws:ecs:us-east-1:000000000000:task/droppod/${id}` as TaskArn;
    const facts: TaskFacts = {
      taskArn,
      lastStatus: 'PROVISIONING',
      desiredStatus: 'RUNNING',
      version: 1,
      startedBy: request.startedBy,
      privateIp: '10.0.0.7',
      containers: [],
    };
    this.tasks.set(taskArn, facts);
    this.requests.set(taskArn, structuredClone(request));
    this.#byToken.set(request.clientToken, taskArn);
    return { taskArn };
  }
}

/** An image's config as busybox has it, under another name. */
export function imageConfig(image: string, config: Partial<ImageConfig> = {}): ImageConfig {
  const digest = `sha256:${'ab'.repeat(32)}`;
  const repository = image.replace(/@.*$/, '').replace(/:[^:/]*$/, '');
  return {
    digest,
    reference: `${repository}@${digest}`,
    name: image,
    imageId: `${repository}@${digest}`,
    architecture: 'amd64',
    entrypoint: [],
    cmd: ['sh'],
    env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    user: '',
    workingDir: '',
    stopSignal: '',
    ...config,
  };
}

/** Every image is available unless `outcomes` says otherwise. */
class FakeImages extends Recorder implements Images {
  readonly outcomes = new Map<string, ImageOutcome>();

  resolve(
    image: string,
    policy: 'Always' | 'IfNotPresent' | 'Never',
    credentials: Parameters<Images['resolve']>[2],
    onPull?: () => void,
  ): Promise<ImageOutcome> {
    const outcome = this.outcomes.get(image) ?? {
      config: imageConfig(image),
      pulled: policy === 'Always',
      milliseconds: 0,
    };
    if ('config' in outcome ? outcome.pulled : outcome.failure === 'ErrImagePull') onPull?.();
    return this.record('images.resolve', { image, policy, credentials }, () => outcome);
  }
}

/** Lines by `<taskArn>/<container>`; following is not supported. */
class FakeLogs implements Logs {
  lateMs = 0;
  readonly lines = new Map<string, LogLine[]>();

  /** How many lines were returned. */
  linesRead = 0;
  /** Saved lines that only a reading from the beginning shows, and each call that saved. */
  readonly aside = new Map<string, LogLine[]>();
  readonly kept: string[] = [];
  /** What happens to a log between two readings. */
  afterRead: (lines: LogLine[]) => void = () => undefined;

  async *read({
    taskArn,
    container,
    since,
    tail,
  }: Parameters<Logs['read']>[0]): AsyncGenerator<LogLine> {
    const lines = this.lines.get(`${taskArn}/${container}`) ?? [];
    const aside = this.aside.get(`${taskArn}/${container}`) ?? [];
    for (const line of tail === undefined ? [...aside, ...lines] : lines.slice(-tail)) {
      if (since && new Date(line.time) < since) continue;
      this.linesRead += 1;
      yield line;
    }
    this.afterRead(lines);
  }

  async keep({ container }: { container: string }): Promise<void> {
    this.kept.push(container);
  }
}

/** Wakeups of one process; `woken` records them. */
class FakeWakeups implements Wakeups {
  readonly woken: string[] = [];
  readonly #clock: Pick<Clock, 'sleep'>;
  readonly #waiting = new Map<string, Set<AbortController>>();

  constructor(clock: Pick<Clock, 'sleep'>) {
    this.#clock = clock;
  }

  wake(uid: string): void {
    this.woken.push(uid);
    for (const waiting of [...(this.#waiting.get(uid) ?? [])]) waiting.abort();
  }

  async wait(uid: string, ms: number, signal?: AbortSignal): Promise<void> {
    const waiting = new AbortController();
    const all = this.#waiting.get(uid) ?? new Set();
    this.#waiting.set(uid, all.add(waiting));
    const abort = (): void => waiting.abort();
    signal?.addEventListener('abort', abort);
    if (!signal?.aborted) await this.#clock.sleep(ms, waiting.signal);
    signal?.removeEventListener('abort', abort);
    all.delete(waiting);
    if (all.size === 0) this.#waiting.delete(uid);
  }
}

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Sequential ids: `00000000-0000-4000-8000-00000000000<n>`, suffixes from a counter in Kubernetes' alphabet. */
class FakeIds implements Ids {
  #count = 0;

  uuid(): string {
    return `00000000-0000-4000-8000-${String(++this.#count).padStart(12, '0')}`;
  }

  suffix(length: number): string {
    let left = ++this.#count;
    let text = '';
    for (let i = 0; i < length; i++, left = Math.floor(left / ALPHABET.length))
      text = ALPHABET[left % ALPHABET.length]! + text;
    return text;
  }
}

/** Settings of a local installation. */
export function fakeSettings(settings: Partial<Settings> = {}): Settings {
  return {
    mode: 'local',
    beyondFargate: false,
    syncUrl: 'https://127.0.0.1:6443/sync',
    caPem: '',
    apiHost: '10.0.0.1',
    apiPort: 443,
    podletImage: 'droppod/podlet:test',
    logGroup: '/droppod/pods',
    region: 'us-east-1',
    machineRevision: 'r1',
    podletKey: Buffer.from('test key').toString('base64'),
    syncWaitMs: 30_000,
    architectures: ['amd64'],
    clusterDomain: 'cluster.local',
    nodeName: 'fargate',
    ...settings,
  };
}

/** A log that can be read as `lines`. */
function fakeLog(): Log & { readonly lines: { level: string; msg: string }[] } {
  const lines: { level: string; msg: string }[] = [];
  const log: Log = (level, msg, members) => void lines.push({ level, msg, ...members });
  return Object.assign(log, { lines });
}

/** A whole set of ports on one clock and one fault hook. */
export function fakePorts({
  clock = new VirtualClock(),
  fault,
  settings,
  objects = [],
}: {
  clock?: VirtualClock;
  fault?: FaultHook;
  settings?: Partial<Settings>;
  objects?: MemoryStoreOptions['objects'];
} = {}) {
  return {
    store: new MemoryStore({
      clock,
      objects,
      ...(fault ? { fault: (operation) => fault(`store.${operation}`) } : {}),
    }),
    tasks: new FakeTasks(fault),
    executions: new FakeExecutions(fault),
    images: new FakeImages(fault),
    logs: new FakeLogs(),
    wakeups: new FakeWakeups(clock),
    log: fakeLog(),
    clock,
    ids: new FakeIds(),
    settings: fakeSettings(settings),
  } satisfies Ports;
}
