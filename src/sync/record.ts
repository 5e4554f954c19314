// What droppod remembers of a pod beside its object: one store record per pod, key `pod/<uid>`, changed under its revision.
// Written by functions; the API reads it for logs. The heartbeat lives in its own record `beat/<uid>`.
import type { ObservedPod } from '../pod/observed.ts';
import type { ImageConfig, TaskArn } from '../ports.ts';

/** A Start container state that waits (design 4.2). The newer of two tokens of one run wins by (enteredAt, retryCount). */
export interface WaitingToken {
  token: string;
  run: number;
  enteredAt: string;
  retryCount: number;
  generation: number;
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
  /** The generation in charge shall end and start its successor: why. */
  handOver?: string;
  /** Runs ordered in this generation (history budget). */
  runsInGeneration: number;
  /** RunTask attempts so far; the present task's attempt. 0: none. */
  attempt: number;
  taskArn?: TaskArn;
  /** Highest task version merged. */
  taskVersion?: number;
  /** STOPPED was seen for the present task. */
  taskStopped?: { at: string; stopCode?: string; reason?: string };
  /** StopTask was asked for the present task. */
  stopAsked?: boolean;
  taskDefinitionArn?: string;
  images?: { [container: string]: ImageConfig };
  /** Secret of the bound podlet (sha256 hex), its boot id and newest sequence. */
  podlet?: { attempt: number; secretHash: string; bootId: string; sequence: number };
  /** Nonce of log markers, made once per pod. */
  logNonce: string;
  /** All done: the podlet is told to leave. */
  finished?: { at: string };
  /** The object is gone (force): whatever still runs shall stop. */
  orphaned?: boolean;
  tokens: { [container: string]: WaitingToken };
  observed: ObservedPod;
}
