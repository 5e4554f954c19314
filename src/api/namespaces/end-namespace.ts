// The end of a Terminating namespace, as far as possible now: pods first and gracefully, then everything else, then the namespace.
// Called when its last content may be gone; the process that marked it may have died before its pods were deleted.
import { storedResource } from '../../kinds/resources.ts';
import type { Resource } from '../../kinds/resources.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { servedResources } from '../../steps/definitions/served-kinds.ts';
import { finishNamespace } from '../../steps/namespace/finish-namespace.ts';
import type { Remaining } from '../../steps/namespace/namespace-conditions.ts';
import type { ApiPorts } from '../call.ts';
import type { Strategy } from '../resources/strategy.ts';
import { systemCall } from '../system-call.ts';
import { deleteAll } from '../verbs/delete-collection.ts';

type StrategyFor = (resource: Resource) => Strategy;

/** Starts the deletion of every pod in the namespace, and takes the remaining steps. May be called at any time, and repeated. */
export async function emptyNamespace(
  ports: ApiPorts,
  name: string,
  strategyFor: StrategyFor,
): Promise<void> {
  const namespace = await ports.store.get({ resource: 'namespaces', namespace: '', name });
  if (namespace?.metadata.deletionTimestamp === undefined) return;
  const pods = storedResource('pods');
  if (pods !== undefined) await deleteContent(ports, pods, name, strategyFor);
  await continueNamespace(ports, name, strategyFor);
}

/** The steps after the pods; does nothing while there are any. */
export const continueNamespace = (
  ports: ApiPorts,
  name: string,
  strategyFor: StrategyFor,
): Promise<void> =>
  finishNamespace(ports, name, async () => {
    const remaining: Remaining[] = [];
    for (const resource of await contentOf(ports)) {
      const objects = await deleteContent(ports, resource, name, strategyFor);
      if (objects.length > 0) remaining.push({ resource, objects });
    }
    return remaining;
  });

/** The kinds of which a namespace may hold objects, custom ones included; pods go before them. */
const contentOf = async (ports: ApiPorts): Promise<Resource[]> =>
  (await servedResources(ports)).filter(
    ({ namespaced, stored, verbs }) => namespaced && stored !== 'pods' && verbs.includes('delete'),
  );

/** Deletes the objects of one resource; returns what is left of them. */
async function deleteContent(
  ports: ApiPorts,
  resource: Resource,
  namespace: string,
  strategyFor: StrategyFor,
): Promise<KubeObject[]> {
  const list = async (): Promise<KubeObject[]> =>
    (await ports.store.listObjects({ resource: resource.stored, namespace })).objects;
  const objects = await list();
  const unmarked = objects.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  if (unmarked.length === 0) return objects;
  const call = systemCall(ports, 'namespace-controller', {
    resource,
    strategy: strategyFor(resource),
    verb: 'deletecollection',
    namespace,
  });
  await deleteAll(call, unmarked, { dryRun: false, propagationPolicy: 'Background' });
  return list();
}
