// The conditions of a Terminating namespace, in the namespace controller's words.
import type { KubeObject, Namespace } from '../../kinds/pod.ts';
import type { Resource } from '../../kinds/resources.ts';

/** Objects of one resource that are still in the namespace. */
export interface Remaining {
  resource: Pick<Resource, 'plural' | 'group'>;
  objects: readonly KubeObject[];
}

type Condition = NonNullable<NonNullable<Namespace['status']>['conditions']>[number];
type Verdict = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

const well = (type: string, reason: string, message: string): Verdict => ({
  type,
  status: 'False',
  reason,
  message,
});

const DISCOVERED = well(
  'NamespaceDeletionDiscoveryFailure',
  'ResourcesDiscovered',
  'All resources successfully discovered',
);
const PARSED = well(
  'NamespaceDeletionGroupVersionParsingFailure',
  'ParsedGroupVersions',
  'All legacy kube types successfully parsed',
);
const DELETED = well(
  'NamespaceDeletionContentFailure',
  'ContentDeleted',
  'All content successfully deleted, may be waiting on finalization',
);
const REMOVED = well(
  'NamespaceContentRemaining',
  'ContentRemoved',
  'All content successfully removed',
);
const FINALIZED = well(
  'NamespaceFinalizersRemaining',
  'ContentHasNoFinalizers',
  'All content-preserving finalizers finished',
);

function contentRemaining(remaining: readonly Remaining[]): Verdict {
  if (remaining.length === 0) return REMOVED;
  const counts = remaining.map(
    ({ resource, objects }) =>
      `${resource.plural}.${resource.group} has ${objects.length} resource instances`,
  );
  return {
    type: REMOVED.type,
    status: 'True',
    reason: 'SomeResourcesRemain',
    message: `Some resources are remaining: ${counts.sort().join(', ')}`,
  };
}

function finalizersRemaining(remaining: readonly Remaining[]): Verdict {
  const counts = new Map<string, number>();
  for (const finalizer of remaining.flatMap(({ objects }) =>
    objects.flatMap(({ metadata }) => metadata.finalizers ?? []),
  )) {
    counts.set(finalizer, (counts.get(finalizer) ?? 0) + 1);
  }
  if (counts.size === 0) return FINALIZED;
  const texts = [...counts].map(
    ([finalizer, count]) => `${finalizer} in ${count} resource instances`,
  );
  return {
    type: FINALIZED.type,
    status: 'True',
    reason: 'SomeFinalizersRemain',
    message: `Some content in the namespace has finalizers remaining: ${texts.sort().join(', ')}`,
  };
}

/**
 * The conditions for the namespace's present content; a time changes only with its condition's status.
 * The controller counts nothing while it waits for pods: `remaining` is empty then.
 */
export function namespaceConditions(
  before: readonly Condition[],
  remaining: readonly Remaining[],
  now: string,
): Condition[] {
  const verdicts = [
    DISCOVERED,
    PARSED,
    DELETED,
    contentRemaining(remaining),
    finalizersRemaining(remaining),
  ];
  const known = new Set(verdicts.map(({ type }) => type));
  const written = verdicts.map((verdict) => {
    const old = before.find(({ type }) => type === verdict.type);
    return {
      type: verdict.type,
      status: verdict.status,
      lastTransitionTime: old?.status === verdict.status ? (old.lastTransitionTime ?? now) : now,
      reason: verdict.reason,
      message: verdict.message,
    } as Condition;
  });
  return [...before.filter(({ type }) => !known.has(type)), ...written];
}
