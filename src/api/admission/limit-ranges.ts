// Applies a namespace's LimitRanges to creation and resize of pods, and to creation and growth of claims.
import { forbidden } from '../../errors.ts';
import type { KubeObject, Pod } from '../../kinds/pod.ts';
import { isMap } from '../../own.ts';
import {
  claimLimitProblems,
  limitProblems,
  withLimitDefaults,
} from '../../pod/admission/limit-ranges.ts';
import { toPod } from '../../pod/model/to-pod.ts';
import type { Call } from '../call.ts';
import type { Limit } from '../resources/limit-ranges.ts';
import { limitsOf } from '../resources/limit-ranges.ts';
import { member } from '../resources/plain.ts';

/** A creation reads them twice, before and after the pod's own rules. */
const read = new WeakMap<Request, Promise<Limit[][]>>();

function rangesFor({ ports, request, namespace }: Call): Promise<Limit[][]> {
  const known = read.get(request);
  if (known !== undefined) return known;
  const ranges = ports.store
    .listObjects({ resource: 'limitranges', namespace })
    .then(({ objects }) => objects.map(limitsOf));
  read.set(request, ranges);
  return ranges;
}

/** A new pod with the requests and limits that the namespace's LimitRanges give to its containers. */
export const withNamespaceLimits = async (pod: Pod, call: Call): Promise<Pod> =>
  withLimitDefaults(pod, await rangesFor(call));

/** Refuses what violates the namespace's LimitRanges; does nothing for kinds and updates that they do not cover. */
export async function checkLimits(call: Call, object: KubeObject, old?: KubeObject): Promise<void> {
  const { resource, subresource } = call;
  const isPod = resource.stored === 'pods' && (old === undefined || subresource === 'resize');
  const isClaim = resource.stored === 'persistentvolumeclaims' && subresource === '';
  if (!isPod && !isClaim) return;
  const requests = member(object, 'spec', 'resources', 'requests');
  const problems = (await rangesFor(call)).flatMap((limits) =>
    isPod
      ? limitProblems(toPod(object), limits)
      : claimLimitProblems(isMap(requests) ? requests : {}, limits),
  );
  const lines = [...new Set(problems)];
  if (lines.length === 0) return;
  throw forbidden(
    resource.stored,
    object.metadata.name ?? '',
    lines.length === 1 ? (lines[0] ?? '') : `[${lines.join(', ')}]`,
  );
}
