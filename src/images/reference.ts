// An image reference as runtimes resolve it (distribution/reference/normalize.go): `nginx` is docker.io/library/nginx:latest.

export interface Reference {
  /** The host that users see: `docker.io`. */
  registry: string;
  /** The host that answers: `registry-1.docker.io` for docker.io. */
  host: string;
  /** `library/nginx`. */
  repository: string;
  tag?: string;
  digest?: string;
}

const REPOSITORY =
  /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
const REGISTRY =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::[0-9]+)?$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const IMAGE_ID = /^[0-9a-f]{64}$/;
const HUB = 'docker.io';

/** Whether a text is a digest of the only algorithm in use. */
export const isDigest = (text: string): boolean => DIGEST.test(text);

/** Runtimes use plain HTTP for registries on their own machine only. */
export const isLoopback = (host: string): boolean =>
  /^(localhost|127(?:\.\d+){3}|\[::1\])(:\d+)?$/.test(host);

/** The first part is a registry only if it cannot be part of a path: it has a dot, a port or a capital letter, or is `localhost`. */
function splitRegistry(name: string): { registry: string; path: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  return /[.:A-Z]/.test(first) || first === 'localhost'
    ? { registry: first, path: name.slice(slash + 1) }
    : { registry: HUB, path: name };
}

/** Why `image` is not a reference, in the words of the parser that container runtimes share. */
export function referenceProblem(image: string): string {
  if (IMAGE_ID.test(image))
    return `invalid repository name (${image}), cannot specify 64-byte hexadecimal strings`;
  const { registry, path } = splitRegistry(image);
  const name = path.split(':')[0] ?? '';
  const remote = registry === HUB && !name.includes('/') ? `library/${name}` : name;
  if (remote !== remote.toLowerCase())
    return `invalid reference format: repository name (${remote}) must be lowercase`;
  return 'invalid reference format';
}

/** The parts of an image name; undefined where it cannot be parsed. With both tag and digest, the digest counts. */
export function parseReference(image: string): Reference | undefined {
  if (IMAGE_ID.test(image)) return undefined;
  const [named = '', digest, ...more] = image.split('@');
  if (more.length > 0 || (digest !== undefined && !isDigest(digest))) return undefined;
  const { registry, path: rest } = splitRegistry(named);
  const colon = rest.lastIndexOf(':');
  const [path, tag] =
    colon > rest.lastIndexOf('/') && colon >= 0
      ? [rest.slice(0, colon), rest.slice(colon + 1)]
      : [rest, undefined];
  if (!REGISTRY.test(registry) || !REPOSITORY.test(path) || (tag !== undefined && !TAG.test(tag)))
    return undefined;
  const repository = registry === HUB && !path.includes('/') ? `library/${path}` : path;
  const host =
    registry === HUB || registry === 'index.docker.io' ? 'registry-1.docker.io' : registry;
  return {
    registry: host === 'registry-1.docker.io' ? HUB : registry,
    host,
    repository,
    ...(digest ? { digest } : { tag: tag ?? 'latest' }),
  };
}

/** The reference by digest, for the task definition. */
export const byDigest = ({ registry, repository }: Reference, digest: string): string =>
  `${registry}/${repository}@${digest}`;

/** The name in a container's status: with the tag where there is one. */
export const shownName = ({ registry, repository, tag, digest }: Reference): string =>
  `${registry}/${repository}${tag ? `:${tag}` : `@${digest ?? ''}`}`;
