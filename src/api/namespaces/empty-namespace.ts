// Deletes the content of a deleted namespace: pods first and gracefully, everything else once they are gone.
import { findResource } from '../../kinds/resources.ts';
import type { Resource } from '../../kinds/resources.ts';
import { finishNamespace } from '../../steps/namespace/finish-namespace.ts';
import type { ApiPorts } from '../call.ts';
import type { Strategy } from '../resources/strategy.ts';
import { systemCall } from '../system-call.ts';
import { deleteAll } from '../verbs/delete-collection.ts';

/** Starts the deletion of every pod in the namespace, and takes the remaining steps of the namespace's own end. May be repeated. */
export async function emptyNamespace(
  ports: ApiPorts,
  name: string,
  strategyFor: (resource: Resource) => Strategy,
): Promise<void> {
  const pods = findResource('', 'v1', 'pods');
  if (pods === undefined) return;
  const { objects } = await ports.store.list({ resource: pods.stored, namespace: name });
  const unmarked = objects.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const call = systemCall(ports, 'namespace-controller', {
    resource: pods,
    strategy: strategyFor(pods),
    verb: 'deletecollection',
    namespace: name,
  });
  await deleteAll(call, unmarked, { dryRun: false });
  await finishNamespace(ports, name);
}
