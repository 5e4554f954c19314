// Deletes the content of a deleted namespace: pods first and gracefully, everything else once they are gone.
import { findResource } from '../../kinds/resources.ts';
import type { Resource } from '../../kinds/resources.ts';
import { finishNamespace } from '../../steps/namespace/finish-namespace.ts';
import type { ApiPorts, Call } from '../call.ts';
import type { Strategy } from '../resources/strategy.ts';
import { deleteAll } from '../verbs/delete-collection.ts';

/** A call that droppod itself makes. */
function systemCall(
  ports: ApiPorts,
  resource: Resource,
  strategy: Strategy,
  namespace: string,
): Call {
  return {
    ports,
    resource,
    strategy,
    namespace,
    name: '',
    subresource: '',
    verb: 'deletecollection',
    request: new Request('http://localhost/'),
    query: new URLSearchParams(),
    user: { name: 'system:serviceaccount:kube-system:namespace-controller', groups: [] },
    output: { format: 'json', pretty: false },
    warnings: [],
    now: ports.clock.now(),
  };
}

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
  await deleteAll(systemCall(ports, pods, strategyFor(pods), name), unmarked, { dryRun: false });
  await finishNamespace(ports, name);
}
