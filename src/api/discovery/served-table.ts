// All resources that are served now: Kubernetes' own and those of CustomResourceDefinitions.
import { RESOURCES } from '../../kinds/resources.ts';
import type { Resource } from '../../kinds/resources.ts';
import type { Ports } from '../../ports/ports.ts';
import { servedKinds } from '../../steps/definitions/served-kinds.ts';

const tables = new WeakMap<readonly Resource[], readonly Resource[]>();

/** The table; the same value while no definition changes, so that results derived from it can be cached. */
export async function servedTable(ports: Pick<Ports, 'store'>): Promise<readonly Resource[]> {
  const { resources } = await servedKinds(ports);
  if (resources.length === 0) return RESOURCES;
  const known = tables.get(resources) ?? [...RESOURCES, ...resources];
  tables.set(resources, known);
  return known;
}
