// What is known of a pod's life beside its object: the input of status.ts and of the rules that decide the next step.
// src/record/record.ts adds what runs it: the sandbox's identity, tokens and the podlet's credential.
import type { Container } from '../../kinds/pod.ts';
import type { Run } from '../../protocol/run.ts';

type ResourceRequirements = NonNullable<Container['resources']>;

/** Resources by container; containers without any are left out. */
export interface Sizes {
  [container: string]: ResourceRequirements;
}

/** Crash back-off of one container (client-go's flowcontrol/backoff.go). Times ISO. */
export interface BackOff {
  /** The current delay in seconds. */
  seconds: number;
  /** When the entry was last advanced. */
  updatedAt: string;
  /** The next run may not start before this time; absent: at once. */
  until?: string;
}

export interface ObservedContainer {
  /** The desired run; 0: none was ordered yet. Never decreases within an attempt. */
  desiredRun: number;
  /** The newest run that began or failed to begin. */
  current?: Run;
  /** `current` ended for good in an earlier sandbox: it does not run again in this one. */
  kept?: boolean;
  /** The run before `current`, kept for lastState and `logs --previous`. */
  previous?: Run;
  backOff?: BackOff;
  /** Why it cannot start now, for example ErrImagePull or CreateContainerConfigError. */
  waiting?: { reason: string; message?: string };
  /** Known after Bind. */
  image?: { name: string; imageId: string; user?: string };
  /** The running container's actual resources while they differ from the promised ones; absent: they are equal. */
  resources?: ResourceRequirements;
  /** Why it could not get what it was promised. */
  resizeError?: string;
  /** Another run must follow this one, since its resize asks for a restart. */
  restartAfter?: number;
  /** Its supervisor has said hello in the present sandbox. */
  hello?: boolean;
}

export interface ObservedPod {
  nodeName?: string;
  /** When the pod was bound (PodScheduled True). */
  scheduledAt?: string;
  /** Why the pod is not scheduled: condition PodScheduled is False. `byPods`: other pods are in the way. */
  unscheduled?: { reason: 'Unschedulable' | 'SchedulingGated'; message: string; byPods?: boolean };
  /** status.startTime. */
  acceptedAt?: string;
  sandboxReady: boolean;
  podIP?: string;
  hostIP?: string;
  /** The text of the node's resolv.conf, as the podlet found it. */
  resolvConf?: string;
  containers: { [name: string]: ObservedContainer };
  /** The resources that the node has promised to the pod's containers, where their sizes may change. */
  allocated?: Sizes;
  /** A resize in progress, with the pod's generation that began it. */
  resize?: { generation: number };
  /** A resize that the node does not promise: the requested sizes, their generation, and the reason. */
  resizePending?: { generation: number; reason: 'Infeasible'; message: string; wanted: Sizes };
  /** The pod was ended from outside (DeadlineExceeded, Evicted, node loss …). */
  verdict?: { phase: 'Failed'; reason: string; message: string };
  /** Since when Ready is Unknown: the podlet stopped reporting. */
  silentSince?: string;
  /** An edited image needs another sandbox: containers that are ended in this one begin anew there. */
  replacing?: true;
}

/** The input of a status. */
export interface ConcludedPod extends ObservedPod {
  /** Termination has stopped every container (the kubelet's podIsTerminal). */
  terminal: boolean;
}
