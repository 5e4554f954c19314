// The forms of an object on the wire: with its kind, bare in a list, metadata only.
import type { KubeObject } from '../../kinds/pod.ts';
import { apiVersionOf } from '../../kinds/resources.ts';
import type { Call } from '../call.ts';

/** The API group of Tables and PartialObjectMetadata. */
export const META = 'meta.k8s.io';

/** The object with its kind, as single answers and watch events carry it. */
export function typed(call: Pick<Call, 'resource' | 'strategy'>, object: KubeObject): KubeObject {
  const named = { kind: call.resource.kind, apiVersion: apiVersionOf(call.resource) };
  return { ...named, ...bare(call, object) };
}

/** Only the metadata. */
export const partial = (object: KubeObject, version = 'v1'): KubeObject => ({
  kind: 'PartialObjectMetadata',
  apiVersion: `${META}/${version}`,
  metadata: object.metadata,
});

/** An item of a list: those of custom kinds carry kind and apiVersion. */
export const listed = (
  call: Pick<Call, 'resource' | 'strategy'>,
  object: KubeObject,
): KubeObject => (call.resource.custom === undefined ? bare(call, object) : typed(call, object));

/** Items of typed lists carry neither kind nor apiVersion. */
function bare(call: Pick<Call, 'strategy'>, object: KubeObject): KubeObject {
  const {
    kind: _kind,
    apiVersion: _apiVersion,
    metadata,
    ...rest
  } = call.strategy.toWire?.(object) ?? object;
  return { ...rest, metadata };
}
