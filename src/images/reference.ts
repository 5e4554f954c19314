// An image reference as the runtime resolves it (pod-lifecycle 12.2): `nginx` is docker.io/library/nginx:latest.

export interface Reference {
  /** Host shown to users: `docker.io`. */
  registry: string;
  /** Host that answers: `registry-1.docker.io` for docker.io. */
  host: string;
  /** `library/nginx`. */
  repository: string;
  tag?: string;
  digest?: string;
}

const REPOSITORY = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const HUB = 'docker.io';

/** The parts of an image name; undefined: it cannot be parsed. With tag and digest the digest counts. */
export function parseReference(image: string): Reference | undefined {
  const [named = '', digest, ...more] = image.split('@');
  if (more.length > 0 || (digest !== undefined && !DIGEST.test(digest))) return undefined;
  const slash = named.indexOf('/');
  const first = slash < 0 ? '' : named.slice(0, slash);
  const hasHost = /[.:]/.test(first) || first === 'localhost';
  const rest = hasHost ? named.slice(slash + 1) : named;
  const colon = rest.lastIndexOf(':');
  const [path, tag] = colon > rest.lastIndexOf('/') && colon >= 0 ? [rest.slice(0, colon), rest.slice(colon + 1)] : [rest, undefined];
  if (!REPOSITORY.test(path) || (tag !== undefined && !TAG.test(tag))) return undefined;
  const registry = hasHost ? first : HUB;
  const repository = registry === HUB && !path.includes('/') ? `library/${path}` : path;
  const host = registry === HUB || registry === 'index.docker.io' ? 'registry-1.docker.io' : registry;
  return { registry: host === 'registry-1.docker.io' ? HUB : registry, host, repository, ...(digest ? { digest } : { tag: tag ?? 'latest' }) };
}

/** The reference by digest, as the task definition takes it. */
export const byDigest = ({ registry, repository }: Reference, digest: string): string => `${registry}/${repository}@${digest}`;

/** The name that a container's status shows: the tag where there is one. */
export const shownName = ({ registry, repository, tag, digest }: Reference): string => `${registry}/${repository}${tag ? `:${tag}` : `@${digest ?? ''}`}`;
