// Mirrors: where a registry's images are looked for before the registry itself, such as a pull-through cache of ECR.
import { own } from '../own.ts';
import { parseReference } from './reference.ts';
import type { Reference } from './reference.ts';

/** By registry (`docker.io`): the mirror's host and path, `123456789012.dkr.ecr.eu-west-1.amazonaws.com/docker-hub`. */
export type Mirrors = { readonly [registry: string]: string };

/** The reference at its registry's mirror, as a list of one or none. */
export function mirrored(reference: Reference, mirrors: Mirrors | undefined): Reference[] {
  const place = own(mirrors, reference.registry);
  const at = place === undefined ? undefined : parseReference(`${place}/${reference.repository}`);
  if (at === undefined) return [];
  const { host, registry, repository } = at;
  return [{ ...reference, host, registry, repository }];
}
