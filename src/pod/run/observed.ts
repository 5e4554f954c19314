// What is known of a pod's life beside its object: the input of status.ts and of the rules that decide what is next.
// src/record/record.ts adds what runs it: the sandbox's identity, tokens and the podlet's credential.
import type { Container } from '../../kinds/pod.ts';
import type { Run } from '../../protocol/run.ts';

type ResourceRequirements = NonNullable<Container['resources']>;

/** Resources by container; who has none is left out. */
export interface Sizes {
  [container: string]: ResourceRequirements;
}

/** Crash back-off of one container (client-go's flowcontrol/backoff.go). Times ISO. */
export interface BackOff {
  /** Seconds of the delay now in force. */
  seconds: number;
  /** When the entry was last advanced. */
  updatedAt: string;
  /** The next run may not start before; absent: at once. */
  until?: string;
}

export interface ObservedContainer {
  /** The run that should be; 0: none was asked for yet. Never shrinks within an attempt. */
  desiredRun: number;
  /** Newest run that began or failed to begin. */
  current?: Run;
  /** `current` ended for good in an earlier sandbox: it is not run again in this one. */
  kept?: boolean;
  /** The one before, kept for lastState and `logs --previous`. */
  previous?: Run;
  backOff?: BackOff;
  /** Why it cannot start now, e.g. ErrImagePull, CreateContainerConfigError. */
  waiting?: { reason: string; message?: string };
  /** Known after Bind. */
  image?: { name: string; imageId: string; user?: string };
  /** What the running container really has, while it was promised something else; absent: what it was promised. */
  resources?: ResourceRequirements;
  /** Why it could not be given what it was promised. */
  resizeError?: string;
  /** This run is to be followed by another, since its resize asks for a restart. */
  restartAfter?: number;
  /** supervise has said hello in the present sandbox. */
  hello?: boolean;
}

export interface ObservedPod {
  nodeName?: string;
  /** When the pod was bound (PodScheduled True). */
  scheduledAt?: string;
  /** Why it is not scheduled: condition PodScheduled False. `byPods`: other pods are in the way. */
  unscheduled?: { reason: 'Unschedulable' | 'SchedulingGated'; message: string; byPods?: boolean };
  /** status.startTime. */
  acceptedAt?: string;
  sandboxReady: boolean;
  podIP?: string;
  hostIP?: string;
  /** Text of the node's resolv.conf, as the podlet found it. */
  resolvConf?: string;
  containers: { [name: string]: ObservedContainer };
  /** What the node has promised its containers, where their sizes may change. */
  allocated?: Sizes;
  /** A resize under way, since that generation of the pod. */
  resize?: { generation: number };
  /** A resize that the node does not promise: the sizes asked for, since which generation, and why. */
  resizePending?: { generation: number; reason: 'Infeasible'; message: string; wanted: Sizes };
  /** The system ended the pod (DeadlineExceeded, Evicted, node loss …). */
  verdict?: { phase: 'Failed'; reason: string; message: string };
  /** Ready is Unknown since: the podlet stopped reporting. */
  silentSince?: string;
  /** An edited image asks for another sandbox: what is ended in this one begins anew there. */
  replacing?: true;
}

/** What a status is computed from. */
export interface ConcludedPod extends ObservedPod {
  /** Every container was stopped by termination (the kubelet's podIsTerminal). */
  terminal: boolean;
}
