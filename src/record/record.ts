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

export interface PodRecord {
  uid: string;
  namespace: string;
  name: string;
  /** Execution generation in charge: execution name is the uid, later `<uid>-<generation>`. */
  generation: number;
  /** The execution of the generation in charge has not begun yet: whoever looks starts it (again). */
  toStart?: boolean;
  /** When the generation in charge began. */
  generationAt?: string;
  /** Revision of the machine's document that the generation in charge goes by, as its Bind reported; documents without one report nothing. */
  revision?: string;
  /** What this generation has put into its history: runs ordered, waits for a node, an image or capacity. */
  runsInGeneration: number;
  /** RunTask attempts so far; the present task's attempt. 0: none. */
  attempt: number;
  taskArn?: TaskArn;
  /** The present task's private address, as ECS knows it. */
  address?: string;
  /** When the present task's ARN was written. */
  launchedAt?: string;
  /** Highest task version merged. */
  taskVersion?: number;
  /** STOPPED was seen for the present task. */
  taskStopped?: { at: string; stopCode?: string; reason?: string };
  /** StopTask was asked for the present task. */
  stopAsked?: boolean;
  /** When the pod's containers were first ordered to stop: deadlines that no deletion timestamp gives count from here. */
  terminatingSince?: string;
  /** The podlet said that nothing runs any more and nothing will. */
  stopped?: { at: string };
  /** An image was edited or a container lost: the present task ends and another attempt follows. The text is for the log. */
  relaunch?: string;
  /** Containers whose image was edited since the present task began: they are stopped for that. */
  edited?: string[];
  /** Ephemeral containers that joined the present task. */
  added?: string[];
  /** ECS is stopping the present task, and not because droppod asked: nothing starts in it any more. */
  stopping?: boolean;
  /** Launches that failed or broke down in a row; the next one may not come before `until`. */
  launchBackOff?: { seconds: number; until: string };
  /** Images that could not be had. */
  pulls?: { [container: string]: PullBackOff };
  /** Tasks of earlier attempts, for their logs; the present one is `taskArn`. */
  tasks?: { attempt: number; taskArn: TaskArn }[];
  taskDefinitionArn?: string;
  images?: { [container: string]: ImageConfig };
  /** Secret of the bound podlet (sha256 hex), its boot id and newest sequence. */
  podlet?: {
    attempt: number;
    secretHash: string;
    bootId: string;
    boot?: number;
    sequence: number;
    eventsSeen?: number;
  };
  /** How many of the podlet's events may be stored at once, as of a time. */
  eventAllowance?: { left: number; at: string };
  /** Nonce of log markers, made once per pod. */
  logNonce: string;
  /** All done: the podlet is asked to leave. */
  finished?: { at: string };
  /** Sweep has seen the finished pod without its task: nothing is left to look at. */
  rest?: boolean;
  /** Its affinity matters to the place of other pods. */
  bearsOnOthers?: boolean;
  /** The object is gone (force): whatever still runs shall stop. */
  orphaned?: boolean;
  /** Events of the change that wrote this record: the next change sees to it that they are stored. */
  dueEvents?: { at: string; events: PodEvent[] };
  tokens: { [container: string]: WaitingToken };
  observed: ObservedPod;
}
