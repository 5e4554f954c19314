// How the podlet starts one run of a container: argv, environment, user, probes and hooks, all resolved here,
// so that neither the task definition nor the podlet knows a pod's secrets before it needs them.
import type { ConfigMap, Pod, Secret, Service } from '../kinds/pod.ts';
import type { ImageConfig, Settings } from '../ports.ts';
import type { StartOrder } from './messages.ts';

/** Looked-up facts of a start. The caller fetches what referencedObjects (desired-volumes.ts) names. */
export interface StartContext {
  image: ImageConfig;
  configMap: (name: string) => ConfigMap | undefined;
  secret: (name: string) => Secret | undefined;
  /** Services of the pod's namespace (for service variables). */
  services: readonly Service[];
  podIP: string;
  hostIP: string;
  nodeName: string;
  settings: Pick<Settings, 'apiHost' | 'apiPort' | 'clusterDomain'>;
  logNonce: string;
  run: number;
  /** Allocatable of the node, for resourceFieldRef of a missing limit: cpu in cores, the others in bytes. */
  allocatable?: { cpu: number; memory: number; 'ephemeral-storage': number };
}

/** A start that waits for something outside: the waiting state to show. */
export interface StartWaiting {
  waiting: { reason: string; message: string };
}

/** The order that starts `run` of the container, or why it cannot start now (CreateContainerConfigError, CreateContainerError). */
export function startOrder(pod: Pod, containerName: string, context: StartContext): { order: StartOrder } | StartWaiting {
  throw new Error(`not built: ${String(pod.metadata.name)} ${containerName} ${String(context.run)}`);
}
