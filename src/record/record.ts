// What droppod remembers of a pod beside its object: one store record per pod, key `pod/<uid>`, changed under its revision.
// Written by functions; the API reads it for logs. The heartbeat lives in its own record `beat/<uid>`.
import type { RestartPolicy } from '../kinds/pod.ts';
import type { PodEvent } from '../pod/events/pod-events.ts';
import type { ObservedPod } from '../pod/run/observed.ts';
import type { TaskArn } from '../ports/identity.ts';
import type { ImageConfig } from '../ports/images.ts';

/** A Start container state that waits (docs/design/sync.md). The newer of two tokens of one run wins by (enteredAt, retryCount). */
export interface WaitingToken {
  token: string;
  run: number;
  enteredAt: string;
  retryCount: number;
  generation: number;
}

/** Back-off of one image: 10 s doubling to 300 s from the last failed try (kubelet/images/image_manager.go). */
export interface PullBackOff {
  seconds: number;
  failedAt: string;
  until: string;
  reason: string;
  message: string;
}

/** Input of a pod's execution, and of the functions that its machine calls. */
export interface PodRef {
  uid: string;
  generation: number;
}

/** What Bind is given: also which revision of the document the execution goes by, since that does not change while it lives. */
export interface BindInput extends PodRef {
  revision?: string;
}

/** One container in the machine's Maps: the run to start with and the policy that its Choice reads. */
export interface Body {
  name: string;
  run: number;
  policy: RestartPolicy;
}

/** What Bind and Launch answer to the machine: the state to go to, when to look again, and the items of its Maps. */
export interface NextState {
  next: 'Launch' | 'Run' | 'Wait' | 'End';
  until?: string;
  inits: Body[];
  apps: Body[];
  sidecars: Body[];
}

/** Answer to a Start container state; the machine chooses by it. */
export interface Outcome {
  /** Exit code not 0, OOM of an init container, or the start failed. */
  failed: boolean;
  exitCode: number;
  /** From restart rules or a probe kill; absent: the policy and `failed` decide. */
  rule?: 'Restart' | 'Stop';
  /** Absolute time at which the next run may start (now, where no back-off holds). */
  restartAt: string;
  /** The pod is being ended, its task is gone or the generation hands over: leave, whatever the policy. */
  leave: boolean;
}

/** The execution in charge and what of its history counts; the next one replaces it whole. */
interface Generation {
  /** The execution's name is the uid, later `<uid>-<number>`. */
  number: number;
  /** The execution has not begun yet: whoever looks starts it (again). */
  toStart?: boolean;
  /** When the generation began. */
  at?: string;
  /** Revision of the machine's document, as Bind reports it; documents without one report nothing. */
  revision?: string;
  /** What it has put into its history: runs ordered, waits for a node, an image or capacity. */
  runs: number;
}

/** ECS ends the task, and nobody here asked for it: nothing starts in it any more. Or it was seen STOPPED. */
export type TaskEnd =
  { is: 'stopping' } | { is: 'stopped'; at: string; stopCode?: string; reason?: string };

/** The present attempt's task, from the look-up of its images on; the next attempt replaces it whole. */
export interface PodTask {
  /** RunTask attempts so far, this one included. 0: none. */
  attempt: number;
  images?: { [container: string]: ImageConfig };
  /** ARN of its task definition. */
  definition?: string;
  arn?: TaskArn;
  /** When the ARN was written. */
  launchedAt?: string;
  /** Its private address, as ECS knows it. */
  address?: string;
  /** Highest version merged. */
  version?: number;
  /** When the pod's containers were first ordered to stop: deadlines that no deletion timestamp gives count from here. */
  terminatingSince?: string;
  /** An image was edited or a container lost: the task ends and another attempt follows. The text is for the log. */
  relaunch?: string;
  /** Containers whose image was edited since the task began: they are stopped for that. */
  edited?: string[];
  /** Ephemeral containers that joined the task. */
  added?: string[];
  end?: TaskEnd;
}

/** The podlet that is obeyed, bound by its first report. Gone with its task. */
export interface BoundPodlet {
  attempt: number;
  /** sha256 of its secret, hex. */
  secretHash: string;
  bootId: string;
  boot?: number;
  /** Of its newest report. */
  sequence: number;
  eventsSeen?: number;
  /** When it first said that nothing runs any more and nothing will. */
  doneAt?: string;
}

/**
 * The pod is over. `finished`: its podlet is to leave. `rest`: sweep has seen it without its task, nothing is left to look at.
 * `orphaned`: the object is gone, whatever still runs shall stop.
 */
export type PodEnd =
  { is: 'finished'; at: string } | { is: 'rest'; at: string } | { is: 'orphaned' };

export interface PodRecord {
  uid: string;
  namespace: string;
  name: string;
  /** Nonce of log markers, made once per pod. */
  logNonce: string;
  /** What the podlets' bootstrap tokens are made from (src/auth/podlet-credential.ts). */
  podletSeed?: string;
  /** Its affinity matters to the place of other pods. */
  bearsOnOthers?: boolean;
  generation: Generation;
  /** Where the machine waits, by container. */
  tokens: { [container: string]: WaitingToken };
  task: PodTask;
  podlet?: BoundPodlet;
  /** Tasks of earlier attempts, for their logs. */
  tasks?: { attempt: number; taskArn: TaskArn }[];
  /** Launches that failed or broke down in a row; the next one may not come before `until`. */
  launchBackOff?: { seconds: number; until: string };
  /** Images that could not be had. */
  pulls?: { [container: string]: PullBackOff };
  /** How many of the podlet's events may be stored at once, as of a time. */
  eventAllowance?: { left: number; at: string };
  /** Events of the change that wrote this record: the next change sees to it that they are stored. */
  dueEvents?: { at: string; events: PodEvent[] };
  observed: ObservedPod;
  end?: PodEnd;
}
