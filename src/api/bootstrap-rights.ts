// The default roles and bindings, stored at the first start and restored at each one, as kube-apiserver's rbac/bootstrap-roles does.
// See docs/design/rights.md.
import { isDeepStrictEqual } from 'node:util';
import { defaultRights } from '../auth/defaults/default-objects.ts';
import { missingRights } from '../auth/rbac/missing-rights.ts';
import type { PolicyRule } from '../auth/rbac/policy-rule.ts';
import type { RightsObject, Subject } from '../auth/rbac/policy.ts';
import { noteRights, rightsObjects } from '../auth/rbac/rights.ts';
import { StoreConflict } from '../errors.ts';
import type { KubeObject } from '../kinds/pod.ts';
import type { ResourceVersion } from '../ports/identity.ts';
import { present } from '../present.ts';
import type { ApiPorts } from './call.ts';
import { newObject } from './namespaces/fill-namespace.ts';
import { writeAggregated } from './resources/rights-changes.ts';

const AUTO_UPDATE = 'rbac.authorization.kubernetes.io/autoupdate';

/** Concurrent writes; only at the first start are all objects new. */
const AT_ONCE = 16;

type Ports = Pick<ApiPorts, 'store' | 'clock' | 'ids' | 'settings'>;

/** Adds what is missing to the stored roles and bindings, except those annotated `autoupdate: "false"`. May be repeated. */
export async function bootstrapRights(ports: Ports): Promise<void> {
  const stored = new Map((await rightsObjects(ports)).map((entry) => [placeOf(entry), entry]));
  const wanted = defaultRights().flatMap((entry) => {
    const found = stored.get(placeOf(entry))?.object;
    const object =
      found === undefined ? newObject(ports, entry.object) : restored(found, entry.object);
    return isDeepStrictEqual(object, found) ? [] : [{ ...entry, object, found }];
  });
  for (let at = 0; at < wanted.length; at += AT_ONCE)
    await Promise.all(wanted.slice(at, at + AT_ONCE).map((write) => writeOne(ports, write)));
  await writeAggregated(ports);
}

const placeOf = ({ resource, object: { metadata } }: RightsObject): string =>
  `${resource}/${metadata.namespace ?? ''}/${metadata.name ?? ''}`;

async function writeOne(
  ports: Ports,
  { resource, object, found }: RightsObject & { found: KubeObject | undefined },
): Promise<void> {
  const { namespace = '', name = '', resourceVersion } = object.metadata;
  const key = { resource, namespace, name };
  const { resourceVersion: _version, ...metadata } = object.metadata;
  const next = { ...object, metadata };
  const expected = found === undefined ? 'absent' : ((resourceVersion ?? '') as ResourceVersion);
  try {
    const { version } = await ports.store.commit({ object: { key, object: next, expected } });
    const written = {
      ...next,
      metadata: { ...metadata, ...present({ resourceVersion: version }) },
    };
    noteRights(ports, key, written, version);
  } catch (error) {
    // Another process is starting too, or somebody has edited the object: either is newer than what was read.
    if (!(error instanceof StoreConflict)) throw error;
  }
}

type Fields = KubeObject & {
  rules?: readonly PolicyRule[] | null;
  aggregationRule?: unknown;
  subjects?: readonly Subject[];
  roleRef?: unknown;
};

/** The stored object plus everything that only the default has. A binding of another role is replaced by the default. */
function restored(found: KubeObject, wanted: KubeObject): KubeObject {
  const { annotations, labels } = found.metadata;
  if (annotations?.[AUTO_UPDATE] === 'false') return found;
  const metadata = {
    ...found.metadata,
    labels: { ...wanted.metadata.labels, ...labels },
    annotations: { ...wanted.metadata.annotations, ...annotations },
  };
  const [old, next] = [found as Fields, wanted as Fields];
  if (next.roleRef !== undefined) {
    const same = isDeepStrictEqual(old.roleRef, next.roleRef);
    const subjects = same ? union(old.subjects ?? [], next.subjects ?? []) : next.subjects;
    const { subjects: _old, ...rest } = found;
    return {
      ...rest,
      metadata,
      ...present({ subjects: subjects?.length === 0 ? undefined : subjects }),
      roleRef: next.roleRef,
    };
  }
  if (next.aggregationRule !== undefined)
    return { ...found, metadata, aggregationRule: old.aggregationRule ?? next.aggregationRule };
  const rules = old.rules ?? [];
  const missing = (next.rules ?? []).filter((rule) => missingRights(rules, [rule]).length > 0);
  return missing.length === 0
    ? { ...found, metadata }
    : { ...found, metadata, rules: [...rules, ...missing] };
}

const union = (old: readonly Subject[], wanted: readonly Subject[]): Subject[] => [
  ...old,
  ...wanted.filter((subject) => !old.some((known) => isDeepStrictEqual(known, subject))),
];
