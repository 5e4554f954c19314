// Image references: `busybox`, `localhost:5000/team/app:1`, `name@sha256:…`, and their full form (registry, repository, tag or digest).
import { present } from '../../../src/present.ts';

export interface ImageName {
  /** `docker.io`, `localhost:5000` … */
  registry: string;
  repository: string;
  tag?: string;
  digest?: string;
}

const DOMAIN =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::[0-9]+)?$/;
const PATH = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const IMAGE_ID = /^[0-9a-f]{64}$/;

/** undefined: not a reference. Docker's short forms are expanded. */
export function parseImageName(image: string): ImageName | undefined {
  if (IMAGE_ID.test(image)) return undefined;
  const [beforeDigest = '', digest, ...more] = image.split('@');
  if (more.length > 0 || (digest !== undefined && !DIGEST.test(digest))) return undefined;
  const colon = beforeDigest.indexOf(':', beforeDigest.lastIndexOf('/') + 1);
  const name = colon < 0 ? beforeDigest : beforeDigest.slice(0, colon);
  const tag = colon < 0 ? undefined : beforeDigest.slice(colon + 1);
  if (tag !== undefined && !TAG.test(tag)) return undefined;
  const { registry, repository } = splitRegistry(name);
  if (!DOMAIN.test(registry) || !PATH.test(repository)) return undefined;
  if (digest !== undefined) return { registry, repository, ...present({ tag }), digest };
  return { registry, repository, tag: tag ?? 'latest' };
}

/** Why `image` is not a reference, in the words of the parser that container runtimes share. */
export function referenceProblem(image: string): string {
  if (IMAGE_ID.test(image))
    return `invalid repository name (${image}), cannot specify 64-byte hexadecimal strings`;
  const { repository } = splitRegistry(image);
  const remote = repository.split(':')[0] ?? '';
  if (remote !== remote.toLowerCase())
    return `invalid reference format: repository name (${remote}) must be lowercase`;
  return 'invalid reference format';
}

/** The first part is a registry only if it cannot be part of a path: it has a dot, a port or a capital letter, or is `localhost`. */
function splitRegistry(name: string): { registry: string; repository: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  if (!/[.:A-Z]/.test(first) && first !== 'localhost')
    return { registry: 'docker.io', repository: slash < 0 ? `library/${name}` : name };
  const repository = name.slice(slash + 1);
  const hub = first === 'docker.io' || first === 'index.docker.io';
  return {
    registry: hub ? 'docker.io' : first,
    repository: hub && !repository.includes('/') ? `library/${repository}` : repository,
  };
}

/** `registry/repository:tag` or `registry/repository@digest`; with a digest, the tag has no meaning. */
export function fullName({ registry, repository, tag, digest }: ImageName): string {
  return digest === undefined
    ? `${registry}/${repository}:${tag ?? 'latest'}`
    : `${registry}/${repository}@${digest}`;
}

/** The image in a create call: resolved references carry the engine's image id as their digest, and only that id is exact. */
export function createReference(image: string): string {
  return imageDigestOf(image) ?? image;
}

/** The digest in a reference, if it has one. */
export function imageDigestOf(image: string): string | undefined {
  const digest = image.slice(image.lastIndexOf('@') + 1);
  return DIGEST.test(digest) ? digest : undefined;
}
