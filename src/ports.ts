// What droppod asks of the outside world. src/aws adapts AWS to these ports, test/fakes holds small real ones.
// A function takes the ports it uses, narrowed: `({ store, clock }: Pick<Ports, 'store' | 'clock'>, input)`.
import type { KubeObject } from './kinds/pod.ts';
import type { SessionRequest } from './protocol/messages.ts';

export type PodUid = string & { readonly brand: 'PodUid' };
/** `namespace/name`. */
export type PodKey = string & { readonly brand: 'PodKey' };
export type TaskArn = string & { readonly brand: 'TaskArn' };
/** Decimal string of the one counter; comparable as a number. */
export type ResourceVersion = string & { readonly brand: 'ResourceVersion' };

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json | undefined };

/** Where an object lives: `resource` is the plural with its group (`pods`, `deployments.apps`), `namespace` is '' for cluster kinds. */
export interface ObjectKey {
  resource: string;
  namespace: string;
  name: string;
}

export interface ListQuery {
  resource: string;
  /** Absent: all namespaces. */
  namespace?: string;
  /** Objects whose (namespace, name) sorts after this pair. */
  after?: { namespace: string; name: string };
  limit?: number;
}

/** One entry of the log of changes. `object` carries its resourceVersion (a deletion's: the version of the deletion). */
export interface LogEntry {
  version: ResourceVersion;
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  key: ObjectKey;
  object: KubeObject;
  /** The object before the change, as far as selectors need it (metadata, spec.nodeName, status.phase … or the whole). */
  previous?: KubeObject;
}

/** A record is droppod's own memory beside the objects (a pod's run state, keys, heartbeats); it has no resourceVersion. */
export interface StoredRecord {
  key: string;
  value: Json;
  /** Grows by one with each write; the optimistic lock. */
  revision: number;
}

export interface ObjectWrite {
  key: ObjectKey;
  /** The new object without resourceVersion; null deletes. */
  object: KubeObject | null;
  /** The version that must be stored now; 'absent': the object must not exist. */
  expected: ResourceVersion | 'absent';
  /** The last state to show in the DELETED entry, where it differs from the stored object. */
  lastState?: KubeObject;
}

export interface RecordWrite {
  key: string;
  /** null deletes. */
  value: Json | null;
  /** The revision that must be stored now; 0: must not exist; 'any': unconditional. */
  expected: number | 'any';
}

/** Objects with a resourceVersion, the log of changes, and records. Design 4.4. */
export interface Store {
  /** The object with `metadata.resourceVersion`; undefined: not there. Always the newest. */
  get(key: ObjectKey): Promise<KubeObject | undefined>;
  /** In Kubernetes' storage order: by the bytes of `namespace/name`. `version` is a hole-free prefix: a watch from it misses nothing. `more`: the limit cut. */
  list(
    query: ListQuery,
  ): Promise<{ objects: KubeObject[]; version: ResourceVersion; more: boolean }>;
  /** As list, each object as JSON: for an answer that shows all of them whole. */
  listTexts(
    query: ListQuery,
  ): Promise<{ objects: string[]; version: ResourceVersion; more: boolean }>;
  /**
   * At most one object and any number of records, all or nothing. Answers the new version (undefined without an object).
   * Throws StoreConflict where an expectation fails, ApiError RequestEntityTooLarge above 1.5 MiB (etcd's limit), Unavailable where
   * the table did not answer: whether it was written is open then, and the caller looks again.
   */
  commit(write: {
    object?: ObjectWrite;
    records?: RecordWrite[];
  }): Promise<{ version: ResourceVersion | undefined }>;
  /**
   * The log after `after`, oldest first, without holes. Entries are shared between callers and must not be changed. Waits up to `waitMs` for the first entry; an empty answer still moves `upTo`.
   * Throws CompactedError when the log no longer reaches back to `after`.
   */
  changes(
    after: ResourceVersion,
    options: { waitMs: number; signal?: AbortSignal },
  ): Promise<{ entries: LogEntry[]; upTo: ResourceVersion }>;
  /** A hole-free version, as list answers. */
  version(): Promise<ResourceVersion>;
  getRecord(key: string): Promise<StoredRecord | undefined>;
  /** All records whose key starts with `prefix`, sorted by key. `prefix` holds at least the kind, which is what stands before the first `/`. */
  listRecords(prefix: string): Promise<StoredRecord[]>;
}

export interface Clock {
  now(): Date;
  /** Resolves after `ms`, or at once when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Ids {
  uuid(): string;
  /** `length` characters of Kubernetes' name alphabet `bcdfghjklmnpqrstvwxz2456789`. */
  suffix(length: number): string;
}

/** ECS, narrowed. All inputs and answers in the shapes of src/task. */
export interface Tasks {
  /** Registers unless the same content is known; answers the task definition's ARN. */
  register(definition: TaskDefinition): Promise<string>;
  /** `failures` (no capacity, no place) are outcomes; only faults throw. Same client token, same task. */
  run(request: RunTaskRequest): Promise<{ taskArn: TaskArn } | { failure: string }>;
  /** May be called again; an unknown task is not an error. */
  stop(taskArn: TaskArn, reason: string): Promise<void>;
  /** undefined: ECS knows no such task (any more). */
  describe(taskArn: TaskArn): Promise<TaskFacts | undefined>;
  /** All tasks of the cluster that shall run and are not STOPPED. */
  listRunning(): Promise<RunningTask[]>;
}

/** A task as a list of all shows it. */
export interface RunningTask {
  taskArn: TaskArn;
  startedBy: string;
  lastStatus?: string;
}

/** The part of an ECS task definition that droppod uses (camelCase as on the wire; see src/fargate/task-definition.ts). */
export interface TaskDefinition {
  family: string;
  cpu: string;
  memory: string;
  runtimePlatform?: { cpuArchitecture: 'X86_64' | 'ARM64' };
  pidMode?: 'task';
  ephemeralStorageGiB?: number;
  executionRoleArn?: string;
  /** `host` only in local mode beyond Fargate (hostPath). */
  volumes: { name: string; host?: { sourcePath: string } }[];
  containerDefinitions: ContainerDefinition[];
}

export interface ContainerDefinition {
  name: string;
  image: string;
  essential: boolean;
  entryPoint?: string[];
  command?: string[];
  user: '0:0';
  workingDirectory?: string;
  memory?: number;
  memoryReservation?: number;
  cpu?: number;
  environment?: { name: string; value: string }[];
  mountPoints: { sourceVolume: string; containerPath: string; readOnly: boolean }[];
  dependsOn?: { containerName: string; condition: 'START' | 'SUCCESS' }[];
  /** Only in local mode beyond Fargate. */
  privileged?: boolean;
  readonlyRootFilesystem?: boolean;
  interactive?: boolean;
  pseudoTerminal?: boolean;
  stopTimeout?: number;
  startTimeout?: number;
  linuxParameters?: {
    capabilities?: { add: string[] };
    tmpfs?: { containerPath: string; size: number; mountOptions?: string[] }[];
    initProcessEnabled?: boolean;
  };
  repositoryCredentials?: { credentialsParameter: string };
  systemControls?: { namespace: string; value: string }[];
  dockerLabels?: Record<string, string>;
  logConfiguration: { logDriver: 'awslogs'; options: Record<string, string> };
}

/** A container that joins a task while it runs (see LiveTasks). */
export interface AddedContainer extends ContainerDefinition {
  /** Container of the task whose processes it shares. */
  pidOf?: string;
  /** Directories inside the task's volumes, each a volume of this container's own. */
  parts: { name: string; volume: string; path: string }[];
}

/** What a container may use; absent members are left as they are. */
export interface ContainerLimits {
  memoryBytes?: number;
  /** Hard limit in vCPU. */
  cpu?: number;
  /** 1024 for a vCPU. */
  cpuShares?: number;
}

/** Changes to a task that runs: ECS knows none, so only local mode has them. What the engine refuses is an outcome. */
export interface LiveTasks {
  /** Resolves when the container has started; again for one that is there changes nothing. */
  add(taskArn: TaskArn, container: AddedContainer): Promise<{ failure?: string }>;
  /** May be repeated. */
  resize(
    taskArn: TaskArn,
    container: string,
    limits: ContainerLimits,
  ): Promise<{ failure?: string }>;
  /** Has src/steps/edit/change-task.ts look at the pod soon; answers at once. */
  changed(uid: string): void;
}

export interface RunTaskRequest {
  taskDefinitionArn: string;
  startedBy: string;
  clientToken: string;
  /** Environment of the podlet's container, as an override. */
  podletEnvironment: Record<string, string>;
  spot?: boolean;
  tags: Record<string, string>;
}

/** An ECS task as facts (parsed once in src/fargate/task-facts.ts). */
export interface TaskFacts {
  taskArn: TaskArn;
  /** PROVISIONING … STOPPED. */
  lastStatus: string;
  desiredStatus: string;
  /** Grows with every change; older ones are ignored. */
  version: number;
  startedBy?: string;
  stopCode?: string;
  stoppedReason?: string;
  privateIp?: string;
  createdAt?: string;
  stoppedAt?: string;
  containers: {
    name: string;
    lastStatus: string;
    exitCode?: number;
    reason?: string;
    runtimeId?: string;
    imageDigest?: string;
  }[];
}

/** Step Functions, narrowed to the pod machine. */
export interface Executions {
  /** Same name and input while it runs: the same execution. A closed one of that name answers `alreadyExists`. */
  start(name: string, input: Json): Promise<'started' | 'alreadyExists'>;
  /** TaskTimedOut, TaskDoesNotExist and InvalidToken count as answered. */
  succeed(token: string, output: Json): Promise<void>;
  /** Best effort; an unknown or ended execution is not an error. */
  stop(name: string, cause: string): Promise<void>;
  /** undefined: unknown. */
  describe(
    name: string,
  ): Promise<'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | undefined>;
}

export interface ImageConfig {
  /** `sha256:…` of the platform's manifest. */
  digest: string;
  /** Reference to put into the task definition, by digest. */
  reference: string;
  /** Name to show in containerStatuses[].image, e.g. `docker.io/library/busybox:1.36`. */
  name: string;
  /** imageID to show, e.g. `docker.io/library/busybox@sha256:…`. */
  imageId: string;
  sizeBytes?: number;
  architecture: string;
  entrypoint: string[];
  cmd: string[];
  env: string[];
  user: string;
  workingDir: string;
  stopSignal: string;
}

export type ImageOutcome =
  /** `credential`: the pod's own that opened the registry; absent where none was needed. */
  | { config: ImageConfig; pulled: boolean; milliseconds: number; credential?: RegistryCredential }
  | {
      failure: 'ErrImagePull' | 'ErrImageNeverPull' | 'InvalidImageName' | 'RegistryUnavailable';
      message: string;
    };

export interface RegistryCredential {
  /** Host and optional path prefix as in a docker config's `auths` key; globs per host label. */
  registry: string;
  username: string;
  password: string;
}

export interface Images {
  /**
   * An image that cannot be had is an outcome. `policy` Never and IfNotPresent matter to local mode only.
   * `onPull` is called before a registry is asked, once at most; an image that is here already asks none.
   */
  resolve(
    image: string,
    policy: 'Always' | 'IfNotPresent' | 'Never',
    credentials: RegistryCredential[],
    onPull?: () => void,
  ): Promise<ImageOutcome>;
}

/** Where tasks find the passwords of registries by name, so that no task definition holds one. */
export interface PullSecrets {
  /** ARN of the secret with this credential's content; equal contents share one. May be called again. */
  keep(credential: Pick<RegistryCredential, 'username' | 'password'>): Promise<string>;
  /** Removes those that nobody has asked for lately; answers how many are left. Only for times when no pod lives. */
  clear(): Promise<number>;
}

export interface LogLine {
  /** RFC3339 with nanoseconds where the source has them. */
  time: string;
  stream: 'stdout' | 'stderr';
  /** Bytes as written, with its newline if it had one. */
  bytes: Uint8Array;
  /** Entries of the log that it is made of, where more than one. */
  entries?: number;
}

export interface Logs {
  /**
   * Lines of one container of a task, oldest first; with `follow` until the container's log ends or the signal aborts.
   * `tail` is a favour: the last that many entries (LogLine.entries) of the log, or all of it.
   */
  read(
    source: { taskArn: TaskArn; container: string; follow: boolean; since?: Date; tail?: number },
    signal?: AbortSignal,
  ): AsyncIterable<LogLine>;
}

/** Wakes a long poll when a pod's record changes. In one process at once; on AWS `wait` sleeps and the caller looks again. */
export interface Wakeups {
  wake(uid: string): void;
  /** Resolves at the next wake of `uid`, after `ms`, or when the signal aborts. `ms` is cut to what the front allows. */
  wait(uid: string, ms: number, signal?: AbortSignal): Promise<void>;
}

/** The schedule of sweep; absent where sweep runs by itself (local mode). */
export interface SweepRule {
  on(): Promise<void>;
  off(): Promise<void>;
}

/** Streams that users opened to a pod (exec, attach, port-forward); only a front that carries upgrades has them. */
export interface Sessions {
  /** Those that the podlet has not dialled yet. */
  pending(uid: string): SessionRequest[];
}

/** Who signed a request, as STS says. */
export interface CallerIdentity {
  arn: string;
  account: string;
  userId: string;
}

/** STS, asked with a request that a caller has signed. */
export interface Sts {
  /**
   * Sends the presigned GetCallerIdentity with these headers and follows no redirect. `refused`: STS does not take it, by status and code.
   * Throws Unavailable where STS is throttled or does not answer.
   */
  callerIdentity(
    url: string,
    headers: Record<string, string>,
  ): Promise<CallerIdentity | { refused: string }>;
}

export interface Ports {
  store: Store;
  tasks: Tasks;
  executions: Executions;
  images: Images;
  logs: Logs;
  clock: Clock;
  ids: Ids;
  wakeups: Wakeups;
  settings: Settings;
  sessions?: Sessions;
  /** Only where AWS principals log in. */
  sts?: Sts;
  sweepRule?: SweepRule;
  /** Absent where images are pulled before the task starts (local mode). */
  pullSecrets?: PullSecrets;
  /** Only in local mode. */
  liveTasks?: LiveTasks;
  /** Carries a request to a pod's own address; absent where the API does not reach pods. */
  podHttp?: (request: Request) => Promise<Response>;
}

/** How AWS principals become users. */
export interface IamSettings {
  /** What a login must be signed for: a token of another cluster is none here. */
  clusterId: string;
  /** Principals that are always known, in the form of EKS' ConfigMap aws-auth (lists or YAML); it comes second. */
  principals: { readonly mapRoles?: unknown; readonly mapUsers?: unknown };
}

/** What an installation is, read once by src/aws/config.ts. */
export interface Settings {
  /** 'local' also serves upgrades (exec, attach, port-forward) and hostPath and the like with beyondFargate. */
  mode: 'aws' | 'local';
  beyondFargate: boolean;
  /** Local mode: what droppod refuses and Kubernetes takes is a warning, so that answers can be held against kube-apiserver's; such a pod need not run. */
  warnOfRefusals?: boolean;
  /** URL that podlets call. */
  syncUrl: string;
  /** PEM of the CA that podlets and pods trust for it; '' = public CAs. */
  caPem: string;
  /** Host and port under which pods find the API (KUBERNETES_SERVICE_HOST, _PORT). */
  apiHost: string;
  apiPort: number;
  podletImage: string;
  logGroup: string;
  /** Role by which tasks pull images and write logs; Fargate takes no awslogs driver without one. */
  executionRoleArn?: string;
  region: string;
  /** Revision of the state machine's document that new executions go by; '': unknown, and no execution is replaced for another. */
  machineRevision: string;
  /** HMAC key of the podlets' bootstrap tokens (base64). */
  podletKey: string;
  /** How long a sync request may wait for news, in ms (local 30 000, AWS 2 000). */
  syncWaitMs: number;
  /** Image architectures that nodes offer. */
  architectures: ('amd64' | 'arm64')[];
  clusterDomain: string;
  /** Bearer token of the administrator (local mode); absent: none. */
  adminToken?: string;
  /** Login of AWS principals; absent: none. */
  iam?: IamSettings;
  /** Name shown as spec.nodeName unless virtual nodes say otherwise. */
  nodeName: string;
  /** The node's own address, where pods do not each have a node of their own (status.hostIP). */
  nodeAddress?: string;
}
