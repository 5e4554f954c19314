// What podlet and supervise say to each other: one JSON object per line on a container's unix socket.
// Level-based like sync: hello carries the newest run and its exit, so any lost line heals at the next connect.
// See docs/design/supervise.md.
import type { ProcessUser } from '../src/protocol/messages.ts';

/** Longest line that supervise accepts. */
export const MAX_LINE_BYTES = 8 * 1024 * 1024;

/** Podlet to supervise. `start` is ignored unless its run is newer than the last and nothing runs. */
export type ToSupervise =
  | StartMessage
  | { type: 'exec'; id: string; argv: string[]; timeoutMs: number }
  | { type: 'session'; id: string; attach: boolean; argv: string[]; tty: boolean; stdin: boolean }
  /** To the main process; KILL takes the rest of the container with it. */
  | { type: 'kill'; signal: string }
  /** Answer to term: the podlet stops the container, or (forward) the signal was meant for the app. */
  | { type: 'ack'; forward: boolean }
  | { type: 'quit' }
  | { type: 'ping' };

export interface StartMessage {
  type: 'start';
  run: number;
  /** No other run will follow in this container: its root need not be put back. */
  runsOnce: boolean;
  argv: string[];
  env: string[];
  cwd: string;
  user: ProcessUser;
  terminationMessagePath: string;
  terminationMessageBytes: number;
  /** What supervise does alone when TERM comes and no podlet answers. */
  stop: { signal: string; graceSeconds: number; preStop: string[]; preStopSleepSeconds: number };
  logNonce: string;
  /** Written in place (hosts, resolv.conf, hostname): they are mounts of the engine. */
  files: { path: string; content: string }[];
  links: { link: string; target: string }[];
  copies: CopiedFile[];
  /** Set before the first run only: from then on the mode is the container's. */
  memory: { path: string; mode: number; gid?: number }[];
  /** /dev is a volume, and no part of what a restart puts back. */
  devicesMounted: boolean;
  tty: boolean;
  stdin: boolean;
  stdinOnce: boolean;
}

/** A file put at a path of the container; or a directory, where a volume lacks what its subPath names. */
export type CopiedFile =
  | { path: string; content: string; mode: number; uid: number; gid: number }
  | { path: string; directory: true };

export interface Exited {
  run: number;
  code: number;
  oom: boolean;
  /** The process could not be started: the runtime's text. */
  startError?: string;
  /** Termination message. */
  message?: string;
  startedAt?: string;
  at: string;
}

/** As whom the newest run began; names are looked up in the image. */
export interface Owner {
  uid: number;
  gid: number;
  groups: number[];
}

/** Supervise to podlet. */
export type FromSupervise =
  | {
      type: 'hello';
      run: number;
      pid: number;
      startedAt?: string;
      exit?: Exited;
      term?: string;
      user?: Owner;
    }
  | { type: 'started'; run: number; pid: number; at: string; user?: Owner }
  | ({ type: 'exited' } & Exited)
  | ExecDone
  /** The engine (or `kill 1` inside) asks the container to stop. */
  | { type: 'term'; signal: string }
  /** First line of a session's own connection; frames follow. */
  | { type: 'stream'; id: string }
  /** What the run finds in its root that the first one did not: some paths, and how many more. */
  | { type: 'leftover'; run: number; paths: string[]; more: number }
  | { type: 'pong' };

export interface ExecDone {
  type: 'done';
  id: string;
  code: number;
  timedOut: boolean;
  /** stdout then stderr, base64. */
  output: string;
  /** The command could not be started. */
  error?: string;
}

/** Channels of a session's frames, on the unix socket (channel, 4 bytes length, payload) and in WebSocket messages (channel, payload). */
export const CHANNEL = {
  stdin: 0,
  stdout: 1,
  stderr: 2,
  status: 3,
  resize: 4,
  halfClose: 255,
} as const;

/** Payload of the status frame, the last one of a session. */
export interface SessionStatus {
  code: number;
  error?: string;
}
