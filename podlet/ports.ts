// What the agent needs from outside: clock, sync, supervisors, volumes, network, memory. main.ts gives real ones, tests fakes.
import type { Clock } from '../src/ports/clock.ts';
import type { Counters } from './usage-meter.ts';
import type {
  Desired,
  DesiredVolume,
  HttpGet,
  Report,
  SessionRequest,
} from '../src/protocol/messages.ts';
import type { FromSupervise, ToSupervise } from './messages.ts';

/** The API no longer knows this podlet and says so in its own format: the podlet stops all containers and ends. */
export class SyncRefused extends Error {
  override readonly name = 'SyncRefused';
}

export interface Supervisors {
  /** Called once; `gone` says that a container's supervisor is not connected any more. */
  listen(
    take: (container: string, message: FromSupervise) => void,
    gone: (container: string) => void,
  ): void;
  /** Opens the socket of a container that joined the running task; again for one that is open changes nothing. */
  admit(container: string): void;
  /** Lost where no supervisor is connected: its next hello reports it. */
  send(container: string, message: ToSupervise): void;
}

export interface Volumes {
  /** Brings a volume into the wanted form; may be called again with the same or a newer version. */
  apply(volume: string, desired: DesiredVolume): Promise<void>;
  /** The first `most` bytes of a regular file, found without leaving the volume; undefined: there is none. Never waits for a writer. */
  read(
    volume: string,
    path: string,
    most: number,
  ): Promise<{ text: string; whole: boolean } | undefined>;
  /** Bytes on disk, in their order. */
  usedBytes(volumes: readonly string[]): Promise<number[]>;
  /** Moves the directory `path` of a volume into another volume; where there is none nothing happens. */
  move(from: string, path: string, to: string): Promise<void>;
  /** The files at or below a path of a volume, by their paths below it ('' is the path itself); undefined: there is nothing. */
  filesAt(volume: string, path: string): Promise<VolumeFile[] | undefined>;
  /** Makes files (or links) of a volume as given, each whole or not at all; with `only` there are no others afterwards. */
  put(volume: string, files: PutFile[], options?: { only: boolean }): Promise<void>;
}

export interface VolumeFile {
  path: string;
  content: Buffer;
  mode: number;
  uid: number;
  gid: number;
}

export type PutFile =
  VolumeFile | { path: string; target: string } | { path: string; directory: true };

/** What an attempt to reach an app says; texts are those of the kubelet's probers. */
export type Attempt =
  | { success: true; warning?: string }
  | { success: false; text: string }
  /** The prober itself failed, which is not counted: in state unknown, or failure when the answer broke off. */
  | { error: string; state?: 'failure' };

export interface Network {
  httpProbe(get: HttpGet, host: string, timeoutMs: number): Promise<Attempt>;
  /** Any response is success; `fallback`: HTTPS was answered by plain HTTP. Ends with the signal. */
  httpHook(
    get: HttpGet,
    host: string,
    signal?: AbortSignal,
  ): Promise<{ error?: string; fallback?: string }>;
  tcpProbe(host: string, port: number, timeoutMs: number): Promise<Attempt>;
  grpcProbe(host: string, port: number, service: string, timeoutMs: number): Promise<Attempt>;
}

/** Survives a crash of the podlet's process, in its own container. */
export interface Memory {
  load(): unknown;
  save(state: unknown): void;
}

export interface PodletIdentity {
  uid: string;
  attempt: number;
  taskArn: string;
  /** Random per start of the process. */
  bootId: string;
  /** 1, 2, 3 … within the podlet's container. */
  boot: number;
  /** Containers whose supervisors must say hello, in start order. */
  containers: string[];
  podIP?: string;
  hostIP?: string;
  /** Text of /etc/resolv.conf: what dnsPolicy builds upon. */
  resolvConf?: string;
  /** An earlier process of this podlet ended without leave: how, for the pod's events. */
  restarted?: string;
}

export interface PodletPorts {
  clock: Clock;
  /** [0, 1). */
  random(): number;
  identity: PodletIdentity;
  /** Throws SyncRefused where the API wants this podlet to leave; any other error is no answer. */
  sync(report: Report, signal: AbortSignal): Promise<Desired>;
  supervisors: Supervisors;
  volumes: Volumes;
  network: Network;
  /** Writes hosts, host name and resolv.conf where the podlet's container has them: the others share the files, some read-only. */
  shareFiles(files: { path: string; content: string }[]): void;
  memory: Memory;
  /** Bridges one stream; `toSupervise` asks the container's supervisor to open its end. */
  openSession(request: SessionRequest): void;
  /** Engine ids of the containers, as far as known. */
  runtimeIds(): Promise<{ [container: string]: string }>;
  /** The counters of the containers by name; undefined: they cannot be read now. Absent: nowhere to read them. */
  counters?(): Promise<{ [container: string]: Counters } | undefined>;
  /** Logs a fault of the podlet. The agent reports it as an event as well, and goes on. */
  fault(message: string, error: unknown): void;
  /** Aborts when the podlet's own container gets TERM. */
  engineTerm: AbortSignal;
}
