// Which configMaps and secrets a pod's containers and volumes refer to: one lookup before a start.
import type { Container, EphemeralContainer, Pod, Volume } from '../kinds/pod.ts';
import { allContainers } from '../pod/model/containers.ts';
import { isUsed } from '../pod/volumes/volumes.ts';

interface Names {
  configMaps: string[];
  secrets: string[];
}

/** Names in the pod's namespace, each once. Pull secrets are not among them: only Bind needs those. */
export function referencedObjects(pod: Pod): Names {
  const containers = allContainers(pod);
  const ofVolumes = objectsOfVolumes((pod.spec.volumes ?? []).filter((one) => isUsed(pod, one)));
  return {
    configMaps: distinct([...containers.flatMap(configMapsOfContainer), ...ofVolumes.configMaps]),
    secrets: distinct([...containers.flatMap(secretsOfContainer), ...ofVolumes.secrets]),
  };
}

/** The names that these volumes refer to. */
export const objectsOfVolumes = (volumes: readonly Volume[]): Names => ({
  configMaps: distinct(volumes.flatMap(configMapsOfVolume)),
  secrets: distinct(volumes.flatMap(secretsOfVolume)),
});

const distinct = (names: Found): string[] => [...new Set(names.flatMap((name) => name || []))];

type Found = (string | undefined)[];

const configMapsOfContainer = ({ env, envFrom }: Container | EphemeralContainer): Found => [
  ...(envFrom ?? []).map(({ configMapRef }) => configMapRef?.name),
  ...(env ?? []).map(({ valueFrom }) => valueFrom?.configMapKeyRef?.name),
];

const secretsOfContainer = ({ env, envFrom }: Container | EphemeralContainer): Found => [
  ...(envFrom ?? []).map(({ secretRef }) => secretRef?.name),
  ...(env ?? []).map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
];

const configMapsOfVolume = ({ configMap, projected }: Volume): Found => [
  configMap?.name,
  ...(projected?.sources ?? []).map((source) => source.configMap?.name),
];

const secretsOfVolume = ({ secret, projected }: Volume): Found => [
  secret?.secretName,
  ...(projected?.sources ?? []).map((source) => source.secret?.name),
];
