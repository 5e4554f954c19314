// pvc-protection-controller: a claim that is being deleted goes once no pod uses it.
import type { KubeObject } from '../../kinds/pod.ts';
import { toPod } from '../../pod/model/to-pod.ts';
import { claimName } from '../../pod/volumes/volumes.ts';
import type { Controller, Outcome, World } from '../controller.ts';
import { isTerminal } from '../pod-states.ts';

const PROTECTION = 'kubernetes.io/pvc-protection';

const claimsOf = (pod: KubeObject): string[] =>
  (toPod(pod).spec.volumes ?? []).flatMap((volume) => claimName(toPod(pod), volume) ?? []);

/** A pod without a node has mounted nothing yet, and an ended one no longer mounts anything. */
const uses = (pod: KubeObject, claim: string): boolean =>
  Boolean(toPod(pod).spec.nodeName) && !isTerminal(pod) && claimsOf(pod).includes(claim);

function reconcile(claim: KubeObject, world: World): Outcome {
  const { deletionTimestamp, finalizers = [], name = '' } = claim.metadata;
  if (deletionTimestamp === undefined || !finalizers.includes(PROTECTION)) return { writes: [] };
  if (world.list('pods').some((pod) => uses(pod, name))) return { writes: [] };
  const kept = finalizers.filter((finalizer) => finalizer !== PROTECTION);
  const object = { ...claim, metadata: { ...claim.metadata, finalizers: kept } };
  return { writes: [{ verb: 'update', resource: 'persistentvolumeclaims', object }] };
}

export const claimProtection: Controller = {
  name: 'pvc-protection-controller',
  resource: 'persistentvolumeclaims',
  reads: ['pods'],
  mayConcern: (pod) => claimsOf(pod).length > 0,
  concerns: (pod, claims) => {
    const used = claimsOf(pod);
    return claims.flatMap(({ metadata: { name, deletionTimestamp } }) =>
      name !== undefined && deletionTimestamp !== undefined && used.includes(name) ? [name] : [],
    );
  },
  reconcile,
};
