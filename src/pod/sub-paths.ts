// Parts of volumes (subPath, subPathExpr) as links from the mount path into the whole volume.
import type { Container, EphemeralContainer, Pod, VolumeMount } from '../kinds/pod.ts';
import { expand, references } from './expansion.ts';
import { isPartial, partialMountPath } from './volumes.ts';

export interface Link {
  link: string;
  target: string;
}

type Path = { path: string } | { error: string };

/** The path inside the volume; a variable that is missing or empty is an error. */
function partialPath({ subPath, subPathExpr }: VolumeMount, env: ReadonlyMap<string, string>): Path {
  if (!subPathExpr) return checked(subPath ?? '');
  const missing = references(subPathExpr).filter((name) => (env.get(name) ?? '') === '');
  if (missing.length > 0) return { error: `missing value for ${[...new Set(missing)].sort().join(', ')}` };
  const file = references(subPathExpr).find((name) => (env.get(name) ?? '').includes('\0'));
  if (file !== undefined) return { error: `subPathExpr cannot use ${file}: its value stands in a file` };
  return checked(expand(subPathExpr, (name) => env.get(name)));
}

function checked(path: string): Path {
  if (path.startsWith('/')) return { error: `error SubPath \`${path}\` must not be an absolute path` };
  if (path.split('/').includes('..')) return { error: `unable to provision SubPath \`${path}\`: must not contain '..'` };
  return { path };
}

/** Links for a container's partial mounts, or the message of CreateContainerConfigError. */
export function subPathLinks(pod: Pod, container: Container | EphemeralContainer, env: ReadonlyMap<string, string>): { links: Link[] } | { error: string } {
  const links: Link[] = [];
  for (const mount of (container.volumeMounts ?? []).filter(isPartial)) {
    const found = partialPath(mount, env);
    if ('error' in found) return found;
    links.push({ link: mount.mountPath, target: `${partialMountPath(pod, mount)}/${found.path}` });
  }
  return { links };
}
