// Warnings of volumes: types that Kubernetes has given up, sources that say nothing, paths that overlap.
import type { Volume } from '../kinds/pod.ts';
import { quote } from '../validation/field-errors.ts';

const GIVEN_UP: Record<string, string> = {
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  gitRepo: 'deprecated in v1.11, and disabled by default in v1.33+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
};

/** Warnings of all volumes. */
export function volumeWarnings(volumes: readonly Volume[]): string[] {
  return volumes.flatMap((volume, index) => [
    ...Object.keys(volume).flatMap((type) => (GIVEN_UP[type] ? [`spec.volumes[${index}].${type}: ${GIVEN_UP[type]}`] : [])),
    ...emptySources(volume),
    ...overlaps(volume),
  ]);
}

const emptySources = ({ name, projected }: Volume): string[] =>
  (projected?.sources ?? []).filter((source) => Object.keys(source).length === 0).map(() => `volume ${quote(name)} (Projected) has no sources provided`);

function overlaps({ name, configMap, secret, downwardAPI }: Volume): string[] {
  const kinds = { ConfigMap: configMap?.items, Secret: secret?.items, DownwardAPI: downwardAPI?.items };
  return Object.entries(kinds).flatMap(([kind, entries]) => {
    const paths = (entries ?? []).map(({ path }) => path ?? '');
    const found = paths.flatMap((path, index) => paths.slice(0, index).filter((other) => within(path, other) || within(other, path)).map((other) => `${quote(path)} with ${quote(other)}`));
    return found.length === 0 ? [] : [`volume ${quote(name)} (${kind}): overlapping paths: ${found.join(', ')}`];
  });
}

const within = (path: string, parent: string): boolean => path === parent || path.startsWith(`${parent}/`);
