// A deleted namespace takes its content with it: pods gracefully and first, everything else when they are gone.
import { findResource } from '../../kinds/resources.ts';
import type { Resource } from '../../kinds/resources.ts';
import { finishNamespace } from '../../steps/namespace/finish-namespace.ts';
import type { ApiPorts, Call } from '../call.ts';
import type { Strategy } from '../resources/strategy.ts';
import { deleteAll } from '../verbs/delete-collection.ts';

/** A call that the system makes itself. */
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

/** Begins the end of every pod in the namespace and takes what steps are left to the namespace's own end. May be called again. */
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
