// The messages between podlet and API (docs/design/sync.md): level-based in both directions; each may be lost, repeated or late.
// POST <syncUrl> with `Authorization: Bearer <bootstrap>.<secret>`; JSON both ways; a response of type Refusal makes the podlet leave.
import type { Run } from './run.ts';
import type { StartContent } from './start-content.ts';

export interface Report {
  uid: string;
  taskArn: string;
  attempt: number;
  /** Random per start of the podlet process. */
  bootId: string;
  /** Counts the podlet's starts in its task from 1: the API drops reports of an older one. Absent: an older podlet. */
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
  /** The podlet needs the response now: do not hold the request open for news. */
  prompt?: boolean;
  /** Kubernetes Events to store; repeated in reports until a response acknowledges them. */
  events: PodletEvent[];
  /** Nothing runs any more after a terminate or leave; the podlet exits after the response. */
  done?: boolean;
  /** Versions of files that are in place, by volume. */
  volumes?: { [volume: string]: string };
  /** Eviction causes that only the podlet can see, e.g. emptyDir sizeLimit: the text for status.message. */
  evict?: string;
  /** What the containers use; absent: unknown, or an older podlet. */
  usage?: Usage;
}

/** The containers' usage over the last moments. */
export interface Usage {
  at: string;
  /** The period over which CPU usage is averaged. */
  windowMs: number;
  containers: { [name: string]: ContainerUsage };
}

export interface ContainerUsage {
  /** Billionths of a CPU. */
  cpuNanoCores: number;
  memoryBytes: number;
}

export interface ContainerReport {
  hello: boolean;
  /** The engine's id of the container, from task metadata v4. */
  runtimeId?: string;
  /** Newest run in this sandbox; absent: none has started. An exit is never taken back. */
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
  /** The podlet may stop everything and exit: pod over, task superseded, or pod unknown. Also sent when terminating is done. */
  leave?: { reason: string };
  /** Graceful deletion or end of the pod: stop all containers until `deadline`. `graceSeconds` can only shrink. */
  terminate?: { graceSeconds: number; deadline: string };
  containers: { [name: string]: DesiredContainer };
  /** Files of configMap, secret, downwardAPI and projected volumes, whole content, only when `version` differs from the report's. */
  volumes: { [volume: string]: DesiredVolume };
  hosts?: NetworkFiles;
  /** The combined limit of all of the pod's volumes on disk. */
  storageLimit?: SizeLimit;
  /** Ids of events that are stored. */
  acknowledged: string[];
  /** Streams that a user opened (exec, attach, port-forward): the podlet dials `url` once per id. */
  sessions: SessionRequest[];
  /** Call again after at most that many ms (the request itself may be held open for news). */
  syncAgainMs: number;
}

/** Body of a response (401, 403, 410) that dismisses a podlet for good. Proxies send these codes too, so the code alone means nothing. */
export type Refusal = Required<Pick<Desired, 'leave'>>;

export interface DesiredContainer {
  /** The run that should exist; 0: none yet. Not above the newest run while that is running. */
  run: number;
  /** How to start `run`; present when `run` is above the newest reported run. */
  start?: StartOrder;
  /** Stop the running process (sidecars at the end, an edited image …). `reason` is the Killing event's message. */
  stop?: { graceSeconds: number; message?: string };
  /** It joined the running task after the podlet had started, so the podlet opens a socket for it. */
  added?: true;
  /** A sidecar's position among the init containers: at the pod's end it is signalled after the regular containers and later sidecars. */
  sidecar?: number;
}

export interface StartOrder {
  argv: string[];
  env: [string, string][];
  /** Variables whose values are in files of volumes: their placeholders in `env` and `argv` are replaced at the start. */
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
  /** Links for subPath mounts, created before the start: `link` in the container -> `target` inside the volume's mount. */
  links?: { link: string; target: string }[];
  /** Content that the podlet moves between volumes, and that supervise puts into the container, before the start. */
  content?: StartContent;
  /** The container's own memory volumes, with their mode before the first run. */
  memory?: { path: string; mode: number; gid?: number }[];
  /** The container is never restarted in place. */
  runsOnce?: true;
  /** A volume is mounted over /dev: what lies there stays. */
  devicesMounted?: true;
}

/** The user, groups and rights that supervise switches to. */
export interface ProcessUser {
  /** Numeric; or a name for supervise to look up in the image's passwd. */
  user: string;
  /** Numeric; '' = the user's primary group. */
  group: string;
  supplementalGroups: number[];
  /** Merge: also the image's /etc/group memberships. */
  groupsPolicy: 'Merge' | 'Strict';
  noNewPrivileges: boolean;
  /** supervise starts no process as root, whatever the name means in the image's files. */
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

/** The API resolves ports to numbers; `error` is Kubernetes' message if that fails. */
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
  /** Grace for the kill after a failed liveness or startup probe, if it differs from the pod's. */
  terminationGracePeriodSeconds?: number;
  /** The text after `Container NAME failed liveness probe` in the Killing event (`, will be restarted` or ''). */
  killSuffix: string;
}

export interface DesiredVolume {
  version: string;
  /** An emptyDir: emptied and made 0777 once, before the first start. Without it and without files only fsGroup is applied. */
  emptyDir?: boolean;
  /** Paths where containers have other mounts: they must not be removed, and what is mounted there is not part of this volume. */
  keep?: string[];
  /** The data of a claim: kept as it is; while it is empty everybody may write. */
  claim?: boolean;
  /** A claim's fsGroup is not applied if the top directory already has it (fsGroupChangePolicy OnRootMismatch). */
  onRootMismatch?: boolean;
  /** The pod's volume of which this is a part: its parts share one size limit. */
  partOf?: string;
  /** The volume stands for a tmpfs: its directory has the sticky bit. */
  sticky?: boolean;
  /** Absolute mode of every file unless it has its own. */
  files?: { path: string; mode: number; uid?: number; base64: string }[];
  /** Group and setgid for the volume (fsGroup). */
  fsGroup?: number;
  /** The podlet reports eviction above it; `text` is the limit as Kubernetes prints it. */
  sizeLimit?: SizeLimit;
  /** Why the files are unavailable (missing configMap …): containers wait, and the API records the event FailedMount. */
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

/** What a client opens to a container: a program, its streams, or a port. */
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

/** A session for the podlet to connect to: the client waits at the URL. */
export interface SessionRequest extends Session {
  id: string;
  url: string;
}
