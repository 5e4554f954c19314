// Which configMaps and secrets a pod's containers and volumes refer to: one lookup before a start.
import type { Container, EphemeralContainer, Pod, Volume } from '../kinds/pod.ts';
import { allContainers } from '../pod/model/containers.ts';
import { isUsed } from '../pod/volumes/volumes.ts';

/** Names in the pod's namespace, each once. Pull secrets are not among them: only Bind needs those. */
export function referencedObjects(pod: Pod): { configMaps: string[]; secrets: string[] } {
  const containers = allContainers(pod);
  const volumes = (pod.spec.volumes ?? []).filter((volume) => isUsed(pod, volume));
  return {
    configMaps: distinct([
      ...containers.flatMap(configMapsOfContainer),
      ...volumes.flatMap(configMapsOfVolume),
    ]),
    secrets: distinct([
      ...containers.flatMap(secretsOfContainer),
      ...volumes.flatMap(secretsOfVolume),
    ]),
  };
}

const distinct = (names: Names): string[] => [...new Set(names.flatMap((name) => name || []))];

type Names = (string | undefined)[];

const configMapsOfContainer = ({ env, envFrom }: Container | EphemeralContainer): Names => [
  ...(envFrom ?? []).map(({ configMapRef }) => configMapRef?.name),
  ...(env ?? []).map(({ valueFrom }) => valueFrom?.configMapKeyRef?.name),
];

const secretsOfContainer = ({ env, envFrom }: Container | EphemeralContainer): Names => [
  ...(envFrom ?? []).map(({ secretRef }) => secretRef?.name),
  ...(env ?? []).map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
];

const configMapsOfVolume = ({ configMap, projected }: Volume): Names => [
  configMap?.name,
  ...(projected?.sources ?? []).map((source) => source.configMap?.name),
];

const secretsOfVolume = ({ secret, projected }: Volume): Names => [
  secret?.secretName,
  ...(projected?.sources ?? []).map((source) => source.secret?.name),
];
