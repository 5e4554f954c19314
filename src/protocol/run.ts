// One run of a container, in the messages between podlet and API.

/** One run of a container, counted from 1; restartCount is the newest started run minus one. */
export interface Run {
  run: number;
  /** ISO 8601 with microseconds, from supervise's clock. Absent where the start failed. */
  startedAt?: string;
  finishedAt?: string;
  /** Set once the run is over. */
  exitCode?: number;
  /** OOM kill of the main process. */
  oom?: boolean;
  /** The start failed (executable missing …): shown as StartError, exit code 128. */
  startError?: string;
  /** postStart failed: its message; the container was stopped for it. */
  postStartError?: string;
  /** Termination message (already cut). */
  message?: string;
  /** A reason given by droppod itself: ContainerStatusUnknown, RestartingAllContainers. */
  reason?: string;
  /** Startup probe passed (or none). */
  started: boolean;
  /** Readiness probe passed (or none) while running. */
  ready: boolean;
  /** It was stopped because its resize requires a restart: the next run follows whatever the policy. */
  resized?: boolean;
  /** A liveness or startup probe made the podlet stop this run: only the policy decides the restart (kubelet computePodActions). */
  killedByProbe?: boolean;
  /** The user of its process; `groups` includes the primary one. */
  user?: { uid: number; gid: number; groups: number[] };
  /** Runtime id of the container that this run happened in (64 hex). */
  runtimeId?: string;
}

/** The exit code that the kubelet gives a container that it cannot find any more. */
export const LOST_EXIT_CODE = 137;
export const LOST_REASON = 'ContainerStatusUnknown';
export const LOST_MESSAGE = 'The container could not be located when the pod was terminated';
