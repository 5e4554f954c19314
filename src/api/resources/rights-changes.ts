// Reactions to changes of roles and bindings: this process applies them at once, and aggregating roles are rewritten.
import { isDeepStrictEqual } from 'node:util';
import type { AggregableRole } from '../../auth/rbac/aggregate.ts';
import { aggregatedRules, isAggregating } from '../../auth/rbac/aggregate.ts';
import type { RightsResource } from '../../auth/rbac/policy.ts';
import { RBAC_GROUP } from '../../auth/rbac/policy.ts';
import { noteRights, rightsObjects } from '../../auth/rbac/rights.ts';
import { StoreConflict } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import type { ResourceVersion } from '../../ports/identity.ts';
import type { Ports } from '../../ports/ports.ts';
import type { Strategy } from './strategy.ts';

type RightsPorts = Pick<Ports, 'store' | 'clock' | 'settings'>;

const CLUSTER_ROLES = `clusterroles.${RBAC_GROUP}`;

const keyOf = (resource: RightsResource, { metadata }: KubeObject) => ({
  resource,
  namespace: metadata.namespace ?? '',
  name: metadata.name ?? '',
});

/** The steps after the commits of an RBAC resource. */
export function rightsChanges(
  resource: RightsResource,
): Pick<Strategy, 'created' | 'updated' | 'removed'> {
  const follow = async (
    ports: RightsPorts,
    object: KubeObject,
    stored: KubeObject | undefined,
  ): Promise<void> => {
    noteRights(ports, keyOf(resource, object), stored, object.metadata.resourceVersion);
    if (resource === CLUSTER_ROLES) await writeAggregated(ports);
  };
  return {
    created: (object, { ports }) => follow(ports, object, object),
    updated: (object, _old, { ports }) => follow(ports, object, object),
    removed: (object, { ports }) => follow(ports, object, undefined),
  };
}

/** Writes the aggregated rules into ClusterRoles that collect others, for display; decisions do not wait for it. May be repeated. */
export async function writeAggregated(ports: RightsPorts): Promise<void> {
  const roles = (await rightsObjects(ports))
    .filter(({ resource }) => resource === CLUSTER_ROLES)
    .map(({ object }) => object as KubeObject & AggregableRole);
  const rules = aggregatedRules(roles);
  for (const role of roles) {
    const collected = rules.get(role.metadata.name ?? '') ?? [];
    if (isAggregating(role) && !isDeepStrictEqual(role.rules ?? [], collected))
      await writeRules(ports, { ...role, rules: collected.length === 0 ? null : [...collected] });
  }
}

async function writeRules(ports: RightsPorts, role: KubeObject): Promise<void> {
  const { resourceVersion = '', ...metadata } = role.metadata;
  const key = keyOf(CLUSTER_ROLES, role);
  const object = { ...role, metadata };
  try {
    const { version } = await ports.store.commit({
      object: { key, object, expected: resourceVersion as ResourceVersion },
    });
    noteRights(
      ports,
      key,
      { ...object, metadata: { ...metadata, resourceVersion: version ?? '' } },
      version,
    );
  } catch (error) {
    // Another writer was first, and that writer calls this function too.
    if (!(error instanceof StoreConflict)) throw error;
  }
}
