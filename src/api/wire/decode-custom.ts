// Decodes a body of a custom kind: metadata as its Go type does, everything else by the kind's schema.
import { decodeEmbedded } from '../../custom/embedded.ts';
import { asResource, prune } from '../../custom/prune.ts';
import type { CustomKind } from '../../kinds/custom-kind.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { kindShape } from '../../kinds/shapes.ts';
import type { ObjectShape } from '../../kinds/shapes.ts';
import { isMap } from '../../own.ts';
import type { Json } from '../../ports/json.ts';
import { DecodeError, decodeObject } from './decode.ts';
import { isDeeper, MAX_FINDINGS, MAX_KEPT_DEPTH } from './json.ts';

function metaShape(): ObjectShape {
  const shape = kindShape('', 'ConfigMap').fields.get('metadata')?.shape;
  if (shape?.type !== 'object') throw new Error('no schema for ObjectMeta');
  return shape;
}

function decodeMeta(metadata: unknown, unknown: string[], path: string): unknown {
  const found: string[] = [];
  const decoded = decodeObject(metaShape(), (metadata ?? {}) as Json, found);
  unknown.push(...found.map((field) => `${path}.${field}`));
  return decoded;
}

/** The object with what the schema knows; adds paths of other fields to `unknown`, sorted. */
export function decodeCustom(
  { schema }: CustomKind,
  value: { [key: string]: Json | undefined },
  unknown: string[],
): { [key: string]: unknown } {
  const found: string[] = [];
  const root = asResource(schema);
  const { apiVersion: _apiVersion, kind: _kind, ...fields } = value;
  const pruned = prune({ metadata: {}, ...fields }, root, found);
  const decoded = decodeEmbedded(pruned, root, decodeMeta, found);
  if (!isMap(decoded)) throw new DecodeError('the object is not a map');
  if (isDeeper(decoded as Json, MAX_KEPT_DEPTH)) throw new DecodeError('exceeded max depth');
  unknown.push(...found.sort().slice(0, MAX_FINDINGS));
  return decoded;
}

/** The problem of a body that claims to be of another kind. */
export const kindProblem = (object: Pick<KubeObject, 'kind'>, expected: string) => ({
  field: 'kind',
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${JSON.stringify(object.kind ?? '')}: must be ${expected}`,
});
