// How a deletion treats dependents, as finalizers of the garbage collector (deletionFinalizersForGarbageCollection).
import type { KubeObject } from '../../kinds/pod.ts';
import { FOREGROUND, ORPHAN } from '../../owners/finalizers.ts';
import type { Call } from '../call.ts';

export interface PolicyOptions {
  propagationPolicy?: string;
  orphanDependents?: boolean;
}

/** The first API versions of these kinds orphaned, and clients of the bare API rely on it. */
const ORPHANING = new Set(['jobs.batch', 'replicationcontrollers']);

/** Nothing depends on them. */
const WITHOUT_DEPENDENTS = new Set(['events']);

const JOB_WARNING =
  'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning';

/** The warning for a client that names no policy. */
export const policyWarnings = (
  { resource }: Pick<Call, 'resource'>,
  { propagationPolicy, orphanDependents }: PolicyOptions,
): string[] =>
  resource.stored === 'jobs.batch' &&
  propagationPolicy === undefined &&
  orphanDependents === undefined
    ? [JOB_WARNING]
    : [];

/** The object's finalizers after a deletion with these options. */
export function finalizersFor(
  { resource }: Pick<Call, 'resource'>,
  options: PolicyOptions,
  { metadata: { finalizers = [] } }: KubeObject,
): string[] {
  if (WITHOUT_DEPENDENTS.has(resource.stored)) return finalizers;
  const policy = policyOf(resource.stored, options, finalizers);
  const others = finalizers.filter((finalizer) => finalizer !== ORPHAN && finalizer !== FOREGROUND);
  return policy === undefined ? others : [...others, policy];
}

function policyOf(
  stored: string,
  { propagationPolicy, orphanDependents }: PolicyOptions,
  finalizers: readonly string[],
): typeof ORPHAN | typeof FOREGROUND | undefined {
  if (propagationPolicy !== undefined)
    return propagationPolicy === 'Orphan'
      ? ORPHAN
      : propagationPolicy === 'Foreground'
        ? FOREGROUND
        : undefined;
  if (orphanDependents !== undefined) return orphanDependents ? ORPHAN : undefined;
  if (finalizers.includes(ORPHAN)) return ORPHAN;
  if (finalizers.includes(FOREGROUND)) return FOREGROUND;
  return ORPHANING.has(stored) ? ORPHAN : undefined;
}
