// The registry credentials of a pod that match an image: host by globs per label, then path prefix, the most specific first.
import { fitsGlob } from '../glob.ts';
import type { RegistryCredential } from '../ports/images.ts';
import type { Reference } from './reference.ts';

const HUB_NAMES = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);

/** All matching credentials, best first; none: the pull is anonymous. */
export function matchingCredentials(
  credentials: readonly RegistryCredential[],
  reference: Reference,
): RegistryCredential[] {
  const fits = credentials.filter(({ registry }) => matches(registry, reference));
  return fits.sort((a, b) => splitKey(b.registry).path.length - splitKey(a.registry).path.length);
}

/** Keys may be URLs (`https://index.docker.io/v1/`): scheme and old version paths are ignored. */
function splitKey(key: string): { host: string; path: string } {
  const bare = key
    .replace(/^https?:\/\//, '')
    .replace(/\/v[12]\/?$/, '')
    .replace(/\/$/, '');
  const slash = bare.indexOf('/');
  return slash < 0
    ? { host: bare, path: '' }
    : { host: bare.slice(0, slash), path: bare.slice(slash + 1) };
}

function matches(key: string, { registry, repository }: Reference): boolean {
  const { host, path } = splitKey(key);
  const sameHost = HUB_NAMES.has(host) ? HUB_NAMES.has(registry) : matchesHost(host, registry);
  return sameHost && (path === '' || repository === path || repository.startsWith(`${path}/`));
}

function matchesHost(glob: string, host: string): boolean {
  const [wanted, given] = [glob.split('.'), host.split('.')];
  return (
    wanted.length === given.length &&
    wanted.every((label, index) => fitsGlob(label, given[index] ?? ''))
  );
}
