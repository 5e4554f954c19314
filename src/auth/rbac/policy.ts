// All roles and bindings as one index: which rules a user has, and by which binding.
import type { KubeObject, ObjectMeta } from '../../kinds/pod.ts';
import { quote } from '../../validation/field-errors.ts';
import type { User } from '../user.ts';
import type { AggregableRole } from './aggregate.ts';
import { aggregatedRules } from './aggregate.ts';
import { CallerRights } from './caller-rights.ts';
import type { Grant } from './caller-rights.ts';
import type { PolicyRule } from './policy-rule.ts';

export const RBAC_GROUP = 'rbac.authorization.k8s.io';

/** The resources that say who may do what, by their names in the store. */
export const RIGHTS_RESOURCES = [
  `clusterroles.${RBAC_GROUP}`,
  `clusterrolebindings.${RBAC_GROUP}`,
  `roles.${RBAC_GROUP}`,
  `rolebindings.${RBAC_GROUP}`,
] as const;
export type RightsResource = (typeof RIGHTS_RESOURCES)[number];

export interface RightsObject {
  resource: RightsResource;
  object: KubeObject;
}

export interface RoleRef {
  apiGroup?: string;
  kind: string;
  name: string;
}

export interface Subject {
  apiGroup?: string;
  kind: string;
  name: string;
  namespace?: string;
}

/** A Role or ClusterRole, a RoleBinding or ClusterRoleBinding, as far as a decision needs it. */
interface Role {
  metadata: ObjectMeta;
  rules?: readonly PolicyRule[] | null;
}
interface Binding {
  metadata: ObjectMeta;
  roleRef: RoleRef;
  subjects?: readonly Subject[] | null;
}

/** A binding of one subject. */
interface Held {
  /** Its place among all bindings, and the subject's in the binding. */
  order: number;
  place: number;
  grant: Grant;
}

/** Callers whose rights are remembered. */
const MAX_ASKED = 1_000;

type BySubject = Map<string, Held[]>;

/** The key under which a subject's rules are found; a service account is the user that its tokens name. */
function subjectKey({ kind, name, namespace }: Subject, own: string): string | undefined {
  if (kind === 'User') return `u/${name}`;
  if (kind === 'Group') return `g/${name}`;
  const home = namespace || own;
  return kind === 'ServiceAccount' && home !== ''
    ? `u/system:serviceaccount:${home}:${name}`
    : undefined;
}

/** Immutable: a changed role or binding makes a new one. */
export class Policy {
  readonly #clusterRoles: ReadonlyMap<string, readonly PolicyRule[]>;
  readonly #roles = new Map<string, readonly PolicyRule[]>();
  readonly #cluster: BySubject = new Map();
  readonly #namespaces = new Map<string, BySubject>();
  readonly #asked = new Map<string, CallerRights>();

  constructor(objects: Iterable<RightsObject>) {
    const sorted = [...objects].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
    const all = <T>(resource: RightsResource): T[] =>
      sorted
        .filter((entry) => entry.resource === resource)
        .map(({ object }) => object as unknown as T);
    this.#clusterRoles = aggregatedRules(all<AggregableRole>(`clusterroles.${RBAC_GROUP}`));
    for (const { metadata, rules } of all<Role>(`roles.${RBAC_GROUP}`))
      this.#roles.set(`${metadata.namespace ?? ''}/${metadata.name ?? ''}`, rules ?? []);
    let order = 0;
    for (const binding of all<Binding>(`clusterrolebindings.${RBAC_GROUP}`))
      this.#add(this.#cluster, binding, '', order++);
    for (const binding of all<Binding>(`rolebindings.${RBAC_GROUP}`)) {
      const namespace = binding.metadata.namespace ?? '';
      const bySubject: BySubject = this.#namespaces.get(namespace) ?? new Map<string, Held[]>();
      this.#namespaces.set(namespace, bySubject);
      this.#add(bySubject, binding, namespace, order++);
    }
  }

  #add(bySubject: BySubject, binding: Binding, namespace: string, order: number): void {
    const { roleRef, subjects } = binding;
    const rules = this.rulesOfRole(roleRef, namespace);
    (subjects ?? []).forEach((subject, place) => {
      const key = subjectKey(subject, namespace);
      if (key === undefined) return;
      const grant =
        rules === undefined
          ? {
              missing: `${roleRef.kind.toLowerCase()}.${RBAC_GROUP} ${quote(roleRef.name)} not found`,
            }
          : { rules, by: once(() => describe(binding, subject, namespace)) };
      const held = bySubject.get(key) ?? [];
      held.push({ order, place, grant });
      bySubject.set(key, held);
    });
  }

  /** The rules of the role that a binding in `namespace` ('': a ClusterRoleBinding) names; undefined: there is no such role. */
  rulesOfRole({ kind, name }: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
    if (kind === 'ClusterRole') return this.#clusterRoles.get(name);
    return kind === 'Role' ? this.#roles.get(`${namespace}/${name}`) : undefined;
  }

  /** What a user has in a namespace ('': cluster-wide only), in Kubernetes' order: cluster bindings first. */
  rightsOf(user: User, namespace: string): CallerRights {
    // A review may ask for any name: a plain separator could be in it.
    const key = JSON.stringify([namespace, user.name, user.groups]);
    const known = this.#asked.get(key);
    if (known !== undefined) return known;
    if (this.#asked.size >= MAX_ASKED) this.#asked.clear();
    const rights = new CallerRights(this.#find(user, namespace));
    this.#asked.set(key, rights);
    return rights;
  }

  #find({ name, groups }: User, namespace: string): Grant[] {
    const local = namespace === '' ? undefined : this.#namespaces.get(namespace);
    const found = new Map<number, Held>();
    for (const key of [`u/${name}`, ...groups.map((group) => `g/${group}`)])
      for (const bySubject of local === undefined ? [this.#cluster] : [this.#cluster, local])
        for (const held of bySubject.get(key) ?? []) {
          const known = found.get(held.order);
          if (known === undefined || held.place < known.place) found.set(held.order, held);
        }
    return [...found.values()].sort((a, b) => a.order - b.order).map(({ grant }) => grant);
  }

  /** All rules of a user in a namespace, and the roles that bindings name and that do not exist. */
  rulesOf(user: User, namespace: string): { rules: PolicyRule[]; missing: string[] } {
    const { grants } = this.rightsOf(user, namespace);
    return {
      rules: grants.flatMap((grant) => ('rules' in grant ? grant.rules : [])),
      missing: grants.flatMap((grant) => ('missing' in grant ? [grant.missing] : [])),
    };
  }
}

const sortKey = ({ object: { metadata } }: RightsObject): string =>
  `${metadata.namespace ?? ''}/${metadata.name ?? ''}`;

function once(make: () => string): () => string {
  let made: string | undefined;
  return () => (made ??= make());
}

/** The binding in the reason of a decision. */
function describe({ metadata, roleRef }: Binding, subject: Subject, namespace: string): string {
  const name = metadata.name ?? '';
  const binding =
    namespace === ''
      ? `ClusterRoleBinding ${quote(name)}`
      : `RoleBinding ${quote(`${name}/${namespace}`)}`;
  const who =
    subject.kind === 'ServiceAccount'
      ? `${subject.name}/${subject.namespace || namespace}`
      : subject.name;
  return `${binding} of ${roleRef.kind} ${quote(roleRef.name)} to ${subject.kind} ${quote(who)}`;
}
