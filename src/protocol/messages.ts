// The messages between podlet and API (docs/design/sync.md): level-based both ways; each may be lost, repeated or late.
// POST <syncUrl> with `Authorization: Bearer <bootstrap>.<secret>`; JSON both ways; an answer of type Refusal makes the podlet leave.
import type { Run } from './run.ts';
import type { StartContent } from './start-content.ts';

export interface Report {
  uid: string;
  taskArn: string;
  attempt: number;
  /** Random per start of the podlet process. */
  bootId: string;
  /** 1, 2, 3 … with each start of it in its task: the API drops reports of an older one. Absent: a podlet from before that. */
  boot?: number;
  /** Grows with each report of a boot; the API drops older ones. */
  sequence: number;
  /** Every supervisor has said hello: the sandbox is ready. */
  sandboxReady: boolean;
  podIP?: string;
  hostIP?: string;
  /** Text of the podlet's own /etc/resolv.conf: the node's DNS, which dnsPolicy builds upon. */
  resolvConf?: string;
  containers: { [name: string]: ContainerReport };
  /** The podlet must know the answer now: do not hold the request open for news. */
  prompt?: boolean;
  /** Kubernetes Events to write; kept in the report until an answer acknowledges them. */
  events: PodletEvent[];
  /** Nothing runs any more after a terminate or leave; the podlet ends after the answer. */
  done?: boolean;
  /** Versions of files that are in place, by volume. */
  volumes?: { [volume: string]: string };
  /** Eviction causes that only the podlet can see, e.g. emptyDir sizeLimit: the text for status.message. */
  evict?: string;
  /** What the containers use; absent: not known, or a podlet from before that. */
  usage?: Usage;
}

/** What containers used over the last moments. */
export interface Usage {
  at: string;
  /** What the processor's share is an average over. */
  windowMs: number;
  containers: { [name: string]: ContainerUsage };
}

export interface ContainerUsage {
  /** Billionths of a processor. */
  cpuNanoCores: number;
  memoryBytes: number;
}

export interface ContainerReport {
  hello: boolean;
  /** The engine's id of the container, from task metadata v4. */
  runtimeId?: string;
  /** Newest run in this sandbox; absent: none began. Exits are never unsaid. */
  run?: Run;
  /** Why the ordered run was not started (files missing …). */
  waiting?: { reason: string; message?: string };
  /** supervise reported TERM from the engine. */
  term?: boolean;
}

export interface PodletEvent {
  /** Unique per pod: `<bootId>-<n>`. */
  id: string;
  at: string;
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  /** Container name; absent for events of the pod. */
  container?: string;
}

export interface Desired {
  /** For the texts of failed hooks; `name` and `namespace` of the pod. */
  pod?: { name: string; namespace: string };
  /** The podlet may stop all and end: pod over, superseded task, unknown pod. Answered also when terminating is done. */
  leave?: { reason: string };
  /** Graceful deletion or end of the pod: stop all containers until `deadline`. `graceSeconds` only ever shrinks. */
  terminate?: { graceSeconds: number; deadline: string };
  containers: { [name: string]: DesiredContainer };
  /** Files of configMap, secret, downwardAPI and projected volumes, whole content, only when `version` differs from the report's. */
  volumes: { [volume: string]: DesiredVolume };
  hosts?: NetworkFiles;
  /** What all volumes of the pod on disk may hold together. */
  storageLimit?: SizeLimit;
  /** Ids of events that are stored. */
  acknowledged: string[];
  /** Streams that a user opened (exec, attach, port-forward): the podlet dials `url` once per id. */
  sessions: SessionRequest[];
  /** Call again after that many ms at the latest (the request itself may be held open for news). */
  syncAgainMs: number;
}

/** Body of an answer (401, 403, 410) that turns a podlet away for good. Gateways and proxies answer these codes by themselves: the code alone says nothing. */
export type Refusal = Required<Pick<Desired, 'leave'>>;

export interface DesiredContainer {
  /** The run that should be; 0: not yet. Not above the newest run while that is running. */
  run: number;
  /** How to start `run`; present when `run` is above the newest reported run. */
  start?: StartOrder;
  /** Stop the running process (sidecars at the end, an edited image …). `reason` is the Killing event's message. */
  stop?: { graceSeconds: number; message?: string };
  /** It joined the running task: the podlet did not know of it when it began, and opens a socket for it. */
  added?: true;
  /** A sidecar's place among the init containers: at the end of the pod its signal waits for the regular containers and later sidecars. */
  sidecar?: number;
}

export interface StartOrder {
  argv: string[];
  env: [string, string][];
  /** Variables whose values stand in files of volumes: their placeholders in `env` and `argv` are filled in at the start. */
  fileVariables?: {
    placeholder: string;
    name: string;
    volume: string;
    path: string;
    key: string;
    optional: boolean;
  }[];
  cwd: string;
  user: ProcessUser;
  stop: StopPlan;
  terminationMessagePath: string;
  terminationMessagePolicy: 'File' | 'FallbackToLogsOnError';
  /** Bytes of the termination message to keep. */
  terminationMessageBytes: number;
  /** Nonce of the log markers. */
  logNonce: string;
  postStart?: Hook;
  startup?: ProbeOrder;
  liveness?: ProbeOrder;
  readiness?: ProbeOrder;
  stdin?: boolean;
  stdinOnce?: boolean;
  tty?: boolean;
  /** Links for subPath mounts, made before the start: `link` in the container -> `target` inside the volume's mount. */
  links?: { link: string; target: string }[];
  /** What the podlet brings from volume to volume, and what supervise puts into the container, before the start. */
  content?: StartContent;
  /** Memory volumes of the container's own, with the mode that they have before the first run. */
  memory?: { path: string; mode: number; gid?: number }[];
  /** The container is never restarted in place. */
  runsOnce?: true;
}

export interface ProcessUser {
  /** Numeric; or a name for supervise to look up in the image's passwd. */
  user: string;
  /** Numeric; '' = the user's primary group. */
  group: string;
  supplementalGroups: number[];
  /** Merge: also the image's /etc/group memberships. */
  groupsPolicy: 'Merge' | 'Strict';
  noNewPrivileges: boolean;
  /** supervise starts no process as root, whatever the image's files make of the name. */
  runAsNonRoot: boolean;
  capabilities: { add: string[]; drop: string[] };
}

/** Kubernetes' default of terminationGracePeriodSeconds. */
export const DEFAULT_GRACE_SECONDS = 30;

interface StopPlan {
  signal: string;
  graceSeconds: number;
  preStop?: Hook;
}

export type Hook =
  | { exec: { command: string[] } }
  | { httpGet: HttpGet }
  | { tcpSocket: { host?: string; port: number } }
  | { sleep: { seconds: number } };

/** Ports are resolved to numbers by the API; `error` is what Kubernetes says where that fails. */
export interface HttpGet {
  host?: string;
  port: number;
  path: string;
  scheme: 'HTTP' | 'HTTPS';
  headers: { name: string; value: string }[];
  error?: string;
}

export interface ProbeOrder {
  handler:
    | { exec: { command: string[] } }
    | { httpGet: HttpGet }
    | { tcpSocket: { host?: string; port: number; error?: string } }
    | { grpc: { port: number; service: string } };
  initialDelaySeconds: number;
  periodSeconds: number;
  timeoutSeconds: number;
  successThreshold: number;
  failureThreshold: number;
  /** Grace for the kill after a failed liveness or startup probe, where it differs from the pod's. */
  terminationGracePeriodSeconds?: number;
  /** The text after `Container NAME failed liveness probe` in the Killing event (`, will be restarted` or ''). */
  killSuffix: string;
}

export interface DesiredVolume {
  version: string;
  /** An emptyDir: emptied and made 0777 once, before the first start. Without it and without files only fsGroup is applied. */
  emptyDir?: boolean;
  /** Paths where containers have other mounts: taking them away would end those mounts, and what is mounted there is not this volume's. */
  keep?: string[];
  /** The data of a claim: kept as it is; while it is empty everybody may write. */
  claim?: boolean;
  /** fsGroup of a claim is not applied where the top directory has it already (fsGroupChangePolicy OnRootMismatch). */
  onRootMismatch?: boolean;
  /** The pod's volume that this is a part of: the size limit is for all its parts together. */
  partOf?: string;
  /** The volume stands for a tmpfs: its directory has the sticky bit. */
  sticky?: boolean;
  /** Absolute mode of every file unless it has its own. */
  files?: { path: string; mode: number; uid?: number; base64: string }[];
  /** Group and setgid for the volume (fsGroup). */
  fsGroup?: number;
  /** The podlet reports eviction above; `text` as Kubernetes prints the limit. */
  sizeLimit?: SizeLimit;
  /** Why the files cannot be had (missing configMap …): containers wait, the event FailedMount is the API's. */
  missing?: string;
}

/** A limit in bytes, and its text as Kubernetes prints it. */
interface SizeLimit {
  bytes: number;
  text: string;
}

export interface NetworkFiles {
  hostname: string;
  hosts: string;
  resolvConf?: string;
}

/** What a client wants of a container: a program, its streams, or a port. */
export interface Session {
  container: string;
  kind: 'exec' | 'attach' | 'portForward';
  argv?: string[];
  tty?: boolean;
  stdin?: boolean;
  stdout?: boolean;
  stderr?: boolean;
  port?: number;
}

/** A session that the podlet is to dial: the client waits at the URL. */
export interface SessionRequest extends Session {
  id: string;
  url: string;
}
