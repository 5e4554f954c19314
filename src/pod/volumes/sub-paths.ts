// Replaces the parts of volumes that no mount can show: files and links that are placed before a container starts.
import type { Link, StartContent } from '../../protocol/start-content.ts';
import type { Container, EphemeralContainer, Pod, VolumeMount } from '../../kinds/pod.ts';
import { present } from '../../present.ts';
import { containerView, type Placing } from './container-view.ts';
import { expand, references } from '../process/expansion.ts';

type Path = { path: string } | { error: string };

/** The path inside the volume; a missing or empty variable is an error. */
function partialPath(
  { subPath, subPathExpr }: VolumeMount,
  env: ReadonlyMap<string, string>,
): Path {
  if (!subPathExpr) return checked(subPath ?? '');
  const missing = references(subPathExpr).filter((name) => (env.get(name) ?? '') === '');
  if (missing.length > 0)
    return { error: `missing value for ${[...new Set(missing)].sort().join(', ')}` };
  const file = references(subPathExpr).find((name) => (env.get(name) ?? '').includes('\0'));
  if (file !== undefined)
    return { error: `subPathExpr cannot use ${file}: its value stands in a file` };
  return checked(expand(subPathExpr, (name) => env.get(name)));
}

function checked(path: string): Path {
  if (path.startsWith('/'))
    return { error: `error SubPath \`${path}\` must not be an absolute path` };
  if (path.split('/').includes('..'))
    return { error: `unable to provision SubPath \`${path}\`: must not contain '..'` };
  return { path };
}

const some = <T>(list: T[]): T[] | undefined => (list.length === 0 ? undefined : list);

/** What the container's partial mounts need at a start, or the message of CreateContainerConfigError. */
export function startContent(
  pod: Pod,
  container: Container | EphemeralContainer,
  env: ReadonlyMap<string, string>,
): { links: Link[]; content: StartContent } | { error: string } {
  for (const mount of container.volumeMounts ?? []) {
    const found = partialPath(mount, env);
    if ('error' in found) return found;
  }
  const { placings, handedOver, directories } = containerView(pod, container);
  const placed = placings.map((placing) => ({ ...placing, path: pathOf(placing, env) }));
  const links = placed.flatMap(({ at, base, path, seed }) =>
    base === undefined ? [] : [{ at, target: `${base}/${path}`, seed }],
  );
  return {
    links: links.flatMap(({ at, target, seed }) =>
      seed === undefined ? [{ link: at, target }] : [],
    ),
    content: present({
      // The deeper part comes first, and then the rest of the part above it.
      moved: some([...handedOver].sort((left, right) => right.path.length - left.path.length)),
      directories: some(directories),
      files: some(
        placed.flatMap(({ at, base, key, path, seed }) =>
          base === undefined ? [{ volume: key, path, at, ...present({ seed }) }] : [],
        ),
      ),
      seedLinks: some(
        links.flatMap(({ at, target, seed }) => (seed === undefined ? [] : [{ at, target, seed }])),
      ),
    }),
  };
}

/** An expression's path depends on variables; it is then a path in the whole volume. */
function pathOf({ mount, path }: Placing, env: ReadonlyMap<string, string>): string {
  const found = mount.subPathExpr ? partialPath(mount, env) : { path };
  return 'path' in found ? found.path : path;
}

/** The container's own memory volumes: engines do not set their modes where the image has a directory. */
export function memoryModes(
  pod: Pod,
  container: Container | EphemeralContainer,
): { path: string; mode: number; gid?: number }[] {
  const fsGroup = pod.spec.securityContext?.fsGroup;
  return containerView(pod, container)
    .mounts.filter(({ memory, readOnly }) => memory && !readOnly)
    .map(({ path }) =>
      fsGroup === undefined ? { path, mode: 0o1777 } : { path, mode: 0o3777, gid: fsGroup },
    );
}
