// The rules of one caller in one namespace, indexed by what they are about: a decision looks only at the few that may allow it.
import type { Attributes, PolicyRule } from './policy-rule.ts';
import { allows } from './policy-rule.ts';

/** A rule that a user has, with the binding that gives it; or a binding whose role does not exist. */
export type Grant = { rules: readonly PolicyRule[]; by: () => string } | { missing: string };

interface Held {
  rule: PolicyRule;
  by: () => string;
}

/** Clients choose what they ask for. */
const MAX_PLACES = 500;

/** What a right applies to: a resource of a group with its subresource, or all paths. */
const placeOf = (attributes: Attributes): string =>
  'path' in attributes
    ? ''
    : `${attributes.group}\n${attributes.resource}\n${attributes.subresource}`;

/** Grants in Kubernetes' order. Immutable: other grants make another one. */
export class CallerRights {
  readonly grants: readonly Grant[];
  readonly #places = new Map<string, readonly Held[]>();
  #problems: string | undefined;

  constructor(grants: readonly Grant[]) {
    this.grants = grants;
  }

  /** The binding of the first rule that allows it; undefined: none does. */
  allowedBy(attributes: Attributes): string | undefined {
    return this.#at(attributes)
      .find(({ rule }) => allows(rule, attributes))
      ?.by();
  }

  /** The roles that bindings name and that do not exist, as kube-apiserver lists them; '': none. */
  get problems(): string {
    return (this.#problems ??= problemsOf(this.grants));
  }

  #at(attributes: Attributes): readonly Held[] {
    const place = placeOf(attributes);
    const known = this.#places.get(place);
    if (known !== undefined) return known;
    if (this.#places.size >= MAX_PLACES) this.#places.clear();
    const held = this.grants.flatMap((grant) =>
      'missing' in grant
        ? []
        : grant.rules
            .filter((rule) => speaksOf(rule, attributes))
            .map((rule) => ({ rule, by: grant.by })),
    );
    this.#places.set(place, held);
    return held;
  }
}

/** Whether the rule allows anything at the place of a request. */
function speaksOf(rule: PolicyRule, attributes: Attributes): boolean {
  if ('path' in attributes) return (rule.nonResourceURLs?.length ?? 0) > 0;
  const { resourceNames: _any, ...rest } = rule;
  return allows({ ...rest, verbs: ['*'] }, attributes);
}

function problemsOf(grants: readonly Grant[]): string {
  const missing = new Set(grants.flatMap((grant) => ('missing' in grant ? [grant.missing] : [])));
  const [first, ...more] = missing;
  if (first === undefined) return '';
  return more.length === 0 ? first : `[${[...missing].join(', ')}]`;
}
