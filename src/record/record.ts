// What droppod remembers of a pod beside its object: one store record per pod, key `pod/<uid>`, changed under its revision.
// Functions write it; the API reads it for logs. The heartbeat has a record of its own, `beat/<uid>`.
import type { RestartPolicy } from '../kinds/pod.ts';
import type { PodEvent } from '../pod/events/pod-events.ts';
import type { ObservedPod } from '../pod/run/observed.ts';
import type { TaskArn } from '../ports/identity.ts';
import type { ImageConfig } from '../ports/images.ts';

/** A waiting Start container state (docs/design/sync.md). Of two tokens for one run the newer by (enteredAt, retryCount) wins. */
export interface WaitingToken {
  token: string;
  run: number;
  enteredAt: string;
  retryCount: number;
  generation: number;
}

/** The back-off of one image: 10 s doubling to 300 s, counted from the last failed pull (kubelet/images/image_manager.go). */
export interface PullBackOff {
  seconds: number;
  failedAt: string;
  until: string;
  reason: string;
  message: string;
}

/** The input of a pod's execution, and of the functions that its machine calls. */
export interface PodRef {
  uid: string;
  generation: number;
}

/** A step's input: how often its state was tried before. */
export interface StepInput extends PodRef {
  retryCount?: number;
}

/** Bind's input, with the revision of the document that the execution goes by: it does not change while the execution lives. */
export interface BindInput extends StepInput {
  revision?: string;
}

/** A container in the machine's Maps: the run to start with, and the policy that the machine's Choice reads. */
export interface Body {
  name: string;
  run: number;
  policy: RestartPolicy;
}

/** What Bind and Launch return to the machine: the next state, when to look again, and the items of its Maps. */
export interface NextState {
  next: 'Launch' | 'Run' | 'Wait' | 'End';
  until?: string;
  inits: Body[];
  apps: Body[];
  sidecars: Body[];
}

/** The answer to a Start container state; the machine chooses its next state by it. */
export interface Outcome {
  /** The exit code is not 0, an init container was killed for memory, or the start failed. */
  failed: boolean;
  exitCode: number;
  /** Set by restart rules or a probe's kill; absent: the policy and `failed` decide. */
  rule?: 'Restart' | 'Stop';
  /** Absolute time at which the next run may start (now, without a back-off). */
  restartAt: string;
  /** The pod is ending, its task is gone or its generation is handing over: the body ends, whatever the policy. */
  leave: boolean;
}

/** The execution in charge and counts of its history; the next execution replaces all of it. */
interface Generation {
  /** Number of the execution, whose name is the uid, later `<uid>-<number>`. */
  number: number;
  /** The execution has not begun: every step that sees this starts it (again). */
  toStart?: boolean;
  /** When the generation began. */
  at?: string;
  /** Revision of the machine's document, as Bind reports it; documents without a revision report none. */
  revision?: string;
  /** How many generations before it failed by an error of their own, in a row. */
  failures?: number;
  /** Entries in its history so far: runs ordered, waits for a node, an image or capacity. */
  runs: number;
}

/** ECS ends the task without being asked by droppod, so nothing starts in it any more; or the task was seen STOPPED. */
export type TaskEnd =
  { is: 'stopping' } | { is: 'stopped'; at: string; stopCode?: string; reason?: string };

/** The present attempt's task, from the look-up of its images on; the next attempt replaces all of it. */
export interface PodTask {
  /** RunTask attempts so far, including this one; 0 before the first. */
  attempt: number;
  images?: { [container: string]: ImageConfig };
  /** Image events that Bind kept because a volume could not be mounted yet; they are written before the first start. */
  imageEvents?: PodEvent[];
  /** ARN of the task's definition. */
  definition?: string;
  arn?: TaskArn;
  /** When the ARN was written. */
  launchedAt?: string;
  /** The task's private address, as ECS reports it. */
  address?: string;
  /** The highest version of the ECS task that was merged. */
  version?: number;
  /** When the pod's containers were first ordered to stop: deadlines count from here where there is no deletion timestamp. */
  terminatingSince?: string;
  /** An image was edited or a container was lost: the task ends and another attempt follows. The text is for the log. */
  relaunch?: string;
  /** Containers that are stopped because their image was edited after the task began. */
  edited?: string[];
  /** Ephemeral containers that joined the task. */
  added?: string[];
  end?: TaskEnd;
}

/** The podlet whose reports count, bound by its first report. Dropped with its task. */
export interface BoundPodlet {
  attempt: number;
  /** The sha256 of its secret, in hex. */
  secretHash: string;
  bootId: string;
  boot?: number;
  /** Sequence of its newest report. */
  sequence: number;
  eventsSeen?: number;
  /** When it first reported that nothing runs any more and nothing will. */
  doneAt?: string;
}

/**
 * The pod is over. `finished`: its podlet must leave. `rest`: sweep has seen it without its task, and nothing is left to check.
 * `orphaned`: the object is gone, and whatever still runs must stop.
 */
export type PodEnd =
  { is: 'finished'; at: string } | { is: 'rest'; at: string } | { is: 'orphaned' };

export interface PodRecord {
  uid: string;
  namespace: string;
  name: string;
  /** Nonce of the log markers, created once per pod. */
  logNonce: string;
  /** The seed of the podlets' bootstrap tokens (src/auth/podlet-credential.ts). */
  podletSeed?: string;
  /** The pod's affinity affects the placement of other pods. */
  bearsOnOthers?: boolean;
  generation: Generation;
  /** The Start container states in which the machine waits, by container. */
  tokens: { [container: string]: WaitingToken };
  task: PodTask;
  podlet?: BoundPodlet;
  /** Tasks of earlier attempts, for their logs. */
  tasks?: { attempt: number; taskArn: TaskArn }[];
  /** Consecutive launches that failed or broke down; the next one may not begin before `until`. */
  launchBackOff?: { seconds: number; until: string };
  /** Images that could not be pulled. */
  pulls?: { [container: string]: PullBackOff };
  /** How many of the podlet's events may still be stored, as of a time. */
  eventAllowance?: { left: number; at: string };
  /** Events of the change that wrote this record: the next change makes sure that they are stored. */
  dueEvents?: { at: string; events: PodEvent[] };
  observed: ObservedPod;
  end?: PodEnd;
}
