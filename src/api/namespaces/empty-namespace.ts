// A deleted namespace takes its content with it: pods gracefully, everything else at once.
import { STORED_RESOURCES } from '../../kinds/resources.ts';
import type { Resource } from '../../kinds/resources.ts';
import { finishNamespace } from '../../lifecycle/finish-namespace.ts';
import type { ApiPorts, Call } from '../call.ts';
import type { Strategy } from '../resources/strategy.ts';
import { deleteAll } from '../verbs/delete-collection.ts';

/** A call that the system makes itself. */
function systemCall(ports: ApiPorts, resource: Resource, strategy: Strategy, namespace: string): Call {
  return {
    ports, resource, strategy, namespace, name: '', subresource: '', verb: 'deletecollection',
    request: new Request('http://localhost/'), query: new URLSearchParams(), user: { name: 'system:serviceaccount:kube-system:namespace-controller', groups: [] },
    output: { format: 'json', pretty: false }, warnings: [], now: ports.clock.now(),
  };
}

/** Deletes everything in the namespace and, where nothing is left, the namespace. May be called again. */
export async function emptyNamespace(ports: ApiPorts, name: string, strategyFor: (resource: Resource) => Strategy): Promise<void> {
  for (const resource of STORED_RESOURCES.filter(({ namespaced }) => namespaced)) {
    const { objects } = await ports.store.list({ resource: resource.stored, namespace: name });
    await deleteAll(systemCall(ports, resource, strategyFor(resource), name), objects, { dryRun: false });
  }
  await finishNamespace(ports, name);
}
