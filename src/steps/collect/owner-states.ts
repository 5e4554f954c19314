// The states of the owners that an object names.
import type { KubeObject } from '../../kinds/pod.ts';
import { apiVersionOf, RESOURCES, storedResource } from '../../kinds/resources.ts';
import type { Resource } from '../../kinds/resources.ts';
import type { OwnerReference } from '../../owners/dependents.ts';
import { isWaiting } from '../../owners/finalizers.ts';
import type { Ports } from '../../ports/ports.ts';
import type { ObjectKey } from '../../ports/store.ts';
import { servedKinds } from '../definitions/served-kinds.ts';

/**
 * `solid`: it exists; `waiting`: it goes once its dependents are gone; `dangling`: it is gone; `elsewhere`: like dangling, but such an
 * object exists in another namespace; `unknown`: it cannot be determined, so the object must stay.
 */
type OwnerState = 'solid' | 'waiting' | 'dangling' | 'elsewhere' | 'unknown';

export interface OwnerFinding {
  owner: OwnerReference;
  state: OwnerState;
}

/** The served resource that a reference means; undefined: no such kind. */
async function ownerResource(
  ports: Pick<Ports, 'store'>,
  { apiVersion, kind }: OwnerReference,
): Promise<Resource | undefined> {
  const isIt = (resource: Resource): boolean =>
    resource.kind === kind && apiVersionOf(resource) === apiVersion;
  return (
    RESOURCES.find((resource) => isIt(resource) && resource.verbs.includes('get')) ??
    (await servedKinds(ports)).resources.find(isIt)
  );
}

/** The key that the owner of an object would have; undefined: none. */
export async function ownerKey(
  ports: Pick<Ports, 'store'>,
  owner: OwnerReference,
  dependent: ObjectKey,
): Promise<ObjectKey | undefined> {
  const resource = await ownerResource(ports, owner);
  if (resource === undefined) return undefined;
  if (resource.namespaced && !isNamespaced(dependent)) return undefined;
  return {
    resource: resource.stored,
    namespace: resource.namespaced ? dependent.namespace : '',
    name: owner.name,
  };
}

const isNamespaced = ({ resource, namespace }: ObjectKey): boolean =>
  storedResource(resource)?.namespaced ?? namespace !== '';

/** Checks every owner. `gone`: uids that are known to be deleted. */
export async function ownerStates(
  ports: Pick<Ports, 'store'>,
  key: ObjectKey,
  { metadata }: KubeObject,
  gone: ReadonlySet<string>,
): Promise<OwnerFinding[]> {
  const findings: OwnerFinding[] = [];
  for (const owner of metadata.ownerReferences ?? []) {
    const state = gone.has(owner.uid) ? 'dangling' : await stateOf(ports, key, owner);
    findings.push({ owner, state });
  }
  return findings;
}

async function stateOf(
  ports: Pick<Ports, 'store'>,
  key: ObjectKey,
  owner: OwnerReference,
): Promise<OwnerState> {
  const { store } = ports;
  const place = await ownerKey(ports, owner, key);
  if (place === undefined) return 'unknown';
  const found = await store.get(place);
  if (found?.metadata.uid === owner.uid) return isWaiting(found) ? 'waiting' : 'solid';
  if (place.namespace === '') return 'dangling';
  const { objects } = await store.listObjects({ resource: place.resource });
  return objects.some(({ metadata: { uid } }) => uid === owner.uid) ? 'elsewhere' : 'dangling';
}
