// Warnings of volumes: types that Kubernetes has given up, sources that say nothing, paths that overlap.
import type { Volume } from '../kinds/pod.ts';
import { own } from '../own.ts';
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
  return [
    ...volumes.flatMap((volume, index) =>
      Object.keys(volume).flatMap((type) =>
        own(GIVEN_UP, type)
          ? [`spec.volumes[${index}].${own(PRINTED, type) ?? type}: ${own(GIVEN_UP, type)}`]
          : [],
      ),
    ),
    ...volumes.flatMap((volume) => [...overlaps(volume), ...projectedWarnings(volume)]),
  ];
}

// The one type whose warning is not spelt like its member.
const PRINTED: Record<string, string> = { storageos: 'storageOS' };

interface Files {
  title: string;
  paths: string[];
}
type Entries = { path?: string }[] | undefined;

const pathsOf = (entries: Entries): string[] => (entries ?? []).map(({ path }) => path ?? '');

function overlaps({ name, configMap, secret, downwardAPI }: Volume): string[] {
  const all: Files[] = [
    { title: `ConfigMap ${quote(configMap?.name ?? '')}`, paths: pathsOf(configMap?.items) },
    { title: `Secret ${quote(secret?.secretName ?? '')}`, paths: pathsOf(secret?.items) },
    { title: 'DownwardAPI', paths: pathsOf(downwardAPI?.items) },
  ];
  return all.flatMap((files) => collisions(name, files));
}

function projectedWarnings({ name, projected }: Volume): string[] {
  const before: string[] = [];
  return (projected?.sources ?? []).flatMap((source) => {
    if (Object.keys(source).length === 0)
      return [`volume ${quote(name)} (Projected) has no sources provided`];
    const files = projectedFiles(source);
    const inside = collisions(name, files);
    const together = collisions(name, {
      ...files,
      paths: [...new Set(files.paths), ...before].sort(),
    });
    before.push(...files.paths);
    return files.paths.length === 0 ? [] : [...inside, ...together];
  });
}

function projectedFiles({
  configMap,
  secret,
  downwardAPI,
  serviceAccountToken,
}: NonNullable<NonNullable<Volume['projected']>['sources']>[number]): Files {
  if (configMap)
    return {
      title: `Projected ConfigMap ${quote(configMap.name ?? '')}`,
      paths: pathsOf(configMap.items),
    };
  if (secret)
    return { title: `Projected Secret ${quote(secret.name ?? '')}`, paths: pathsOf(secret.items) };
  if (downwardAPI) return { title: 'Projected DownwardAPI', paths: pathsOf(downwardAPI.items) };
  return {
    title: 'Projected ServiceAccountToken',
    paths: serviceAccountToken ? [serviceAccountToken.path] : [],
  };
}

/** One warning for each path that equals or lies within one before it. */
function collisions(volume: string, { title, paths }: Files): string[] {
  if (paths.length < 2) return [];
  const bare = paths.map((path) => path.replace(/\/+$/, ''));
  return bare.flatMap((path, index) => {
    const other = bare
      .slice(0, index)
      .find((former) => within(path, former) || within(former, path));
    return other === undefined
      ? []
      : [
          `volume ${quote(volume)} (${title}): overlapping paths: ${quote(path)} with ${quote(other)}`,
        ];
  });
}

const within = (path: string, parent: string): boolean =>
  parent !== '' && (path === parent || path.startsWith(`${parent}/`));
