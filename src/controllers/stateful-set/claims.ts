// The claims of a StatefulSet's pods: created before the pod, and kept after it unless the retention policy says otherwise
// (pkg/controller/statefulset/stateful_pod_control.go).
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../kinds/pod.ts';
import { claimsOf, ordinalOf, podName } from '../../workloads/stateful-pod.ts';
import type { OwnerReference } from '../claim.ts';
import { controllerReference } from '../claim.ts';
import type { World, Write } from '../controller.ts';
import type { Members } from './members.ts';

export const CLAIMS = 'persistentvolumeclaims';

/** Creations of the claims that the pod with an ordinal lacks; `in the way`: a claim of that name is being deleted. */
export function missingClaims(
  members: Members,
  ordinal: number,
  world: World,
): Write[] | 'in the way' {
  const { set } = members;
  const wanted = claimsOf(set, ordinal);
  const known = new Map(world.list(CLAIMS).map((claim) => [claim.metadata.name, claim]));
  if (wanted.some(({ metadata }) => known.get(metadata.name)?.metadata.deletionTimestamp))
    return 'in the way';
  return wanted
    .filter(({ metadata }) => !known.has(metadata.name))
    .map((claim): Write => {
      const place = `Pod ${podName(set, ordinal)} in StatefulSet ${set.metadata.name ?? ''}`;
      const name = claim.metadata.name ?? '';
      return {
        verb: 'create',
        resource: CLAIMS,
        object: withOwners(claim, desiredOwners(members, undefined)),
        done: {
          type: 'Normal',
          reason: 'SuccessfulCreate',
          message: `Create Claim ${name} ${place} success`,
        },
        refused: {
          type: 'Warning',
          reason: 'FailedCreate',
          message: `Create Claim ${name} for ${place} failed error: %error`,
        },
      };
    });
}

/** Owner changes for the claims of existing pods: the set where they are deleted with it, a surplus pod where they go with that. */
export function claimOwners(
  members: Members,
  condemned: readonly KubeObject[],
  world: World,
): Write[] {
  const { set, pods } = members;
  const known = new Map(world.list(CLAIMS).map((claim) => [claim.metadata.name, claim]));
  return pods.flatMap((pod) =>
    claimsOf(set, ordinalOf(set, pod) ?? 0).flatMap(({ metadata }): Write[] => {
      const claim = known.get(metadata.name);
      if (claim === undefined) return [];
      const ours = desiredOwners(members, condemned.includes(pod) ? pod : undefined);
      const others = (claim.metadata.ownerReferences ?? []).filter(
        ({ uid }) => uid !== set.metadata.uid && uid !== pod.metadata.uid,
      );
      const next = withOwners(claim, [...others, ...ours]);
      return isDeepStrictEqual(
        next.metadata.ownerReferences ?? [],
        claim.metadata.ownerReferences ?? [],
      )
        ? []
        : [{ verb: 'update', resource: CLAIMS, object: next }];
    }),
  );
}

function desiredOwners(
  { set, owner }: Members,
  condemned: KubeObject | undefined,
): OwnerReference[] {
  const { whenDeleted, whenScaled } = set.spec.persistentVolumeClaimRetentionPolicy;
  if (condemned && whenScaled === 'Delete') {
    const { name = '', uid = '' } = condemned.metadata;
    return [{ apiVersion: 'v1', kind: 'Pod', name, uid }];
  }
  return whenDeleted === 'Delete' ? [controllerReference(owner)] : [];
}

function withOwners(claim: KubeObject, owners: OwnerReference[]): KubeObject {
  const { ownerReferences: _before, ...metadata } = claim.metadata;
  return {
    ...claim,
    metadata: owners.length > 0 ? { ...metadata, ownerReferences: owners } : metadata,
  };
}
