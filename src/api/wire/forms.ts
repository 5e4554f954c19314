// The forms of an object on the wire: with its kind, bare in a list, metadata only.
import type { KubeObject } from '../../kinds/pod.ts';
import { apiVersionOf } from '../../kinds/resources.ts';
import type { Call } from '../call.ts';

/** The API group of Tables and PartialObjectMetadata. */
export const META = 'meta.k8s.io';

/** The object with its kind, as single answers and watch events carry it. */
export function typed(call: Pick<Call, 'resource' | 'strategy'>, object: KubeObject): KubeObject {
  return {
    kind: call.resource.kind,
    apiVersion: apiVersionOf(call.resource),
    ...bare(call, object),
  };
}

/** Only the metadata. */
export const partial = (object: KubeObject, version = 'v1'): KubeObject => ({
  kind: 'PartialObjectMetadata',
  apiVersion: `${META}/${version}`,
  metadata: object.metadata,
});

/** Items of typed lists carry neither kind nor apiVersion. */
export function bare(call: Pick<Call, 'strategy'>, object: KubeObject): KubeObject {
  const {
    kind: _kind,
    apiVersion: _apiVersion,
    ...rest
  } = call.strategy.toWire?.(object) ?? object;
  return { ...rest, metadata: object.metadata };
}
