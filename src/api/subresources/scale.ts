// `/scale` of workloads with `spec.replicas` and of custom kinds: only the replica count, as an autoscaling/v1 Scale
// (registry/apps/*/storage: ScaleREST).
import { valueAt, withValueAt } from '../../custom/scale-paths.ts';
import { ApiError, badRequest } from '../../errors.ts';
import type { ScalePaths } from '../../kinds/custom-kind.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { apiVersionOf } from '../../kinds/resources.ts';
import type { Resource } from '../../kinds/resources.ts';
import { isMap } from '../../own.ts';
import type { LabelSelector } from '../../pod/placement/selection.ts';
import { present } from '../../present.ts';
import { notNegative } from '../../validation/field-errors.ts';
import type { Answer, Call } from '../call.ts';
import {
  age,
  ageColumn,
  column,
  fieldDescription,
  lazyPrinter,
  nameColumn,
} from '../resources/columns.ts';
import { member, plain, text } from '../resources/plain.ts';
import { strategyFor } from '../resources/strategies.ts';
import type { Strategy } from '../resources/strategy.ts';
import { selectorText } from '../resources/template-columns.ts';
import { get } from '../verbs/get.ts';
import { patch } from '../verbs/patch.ts';
import { update } from '../verbs/update.ts';
import { parseText, readBody } from '../wire/body.ts';
import { decoding } from '../wire/decoding.ts';
import { renderObject, respond } from '../wire/render.ts';

const SCALE = { group: 'autoscaling', version: 'v1', kind: 'Scale' };

const printer = lazyPrinter(
  () => [
    nameColumn(),
    {
      ...column('Desired', fieldDescription('io.k8s.api.autoscaling.v1.ScaleSpec', 'replicas')),
      type: 'integer',
    },
    {
      ...column('Available', fieldDescription('io.k8s.api.autoscaling.v1.ScaleStatus', 'replicas')),
      type: 'integer',
    },
    ageColumn(),
  ],
  (scale) => [
    scale.metadata.name ?? '',
    countOf(scale, 'spec'),
    countOf(scale, 'status'),
    age(scale),
  ],
);

const countOf = (object: KubeObject, part: 'spec' | 'status'): number =>
  Number(member(object, part, 'replicas') ?? 0);

/** GET, PUT and PATCH of a Scale. */
export async function scale(call: Call): Promise<Response> {
  const shown = scaleCall(call);
  const { code, object } = await answerOf(call, shown);
  // A Scale shows little of the object's metadata in any form.
  const form = shown.strategy.toWire?.(object) ?? object;
  return respond(call.request, code, renderObject(shown, form), call.output);
}

async function answerOf(call: Call, shown: Call): Promise<{ code: number; object: KubeObject }> {
  const answer = await answerTo(call, shown);
  if (answer instanceof Response || !('object' in answer)) throw badRequest('not a single object');
  return answer;
}

function answerTo(call: Call, shown: Call): Promise<Answer> {
  if (call.verb === 'get') return get(shown);
  if (call.verb === 'update') return update(shown);
  return /^application\/apply-patch\+yaml\b/.test(call.request.headers.get('content-type') ?? '')
    ? apply(call)
    : patch(shown);
}

/** The same call on the Scale that represents the object. */
function scaleCall(call: Call): Call {
  const strategy = scaleStrategy(strategyFor(call.resource), call.resource);
  const { custom: _custom, ...resource } = call.resource;
  return { ...call, resource: { ...resource, ...SCALE }, strategy };
}

const scaleStrategy = (of: Strategy, shows: Resource): Strategy => ({
  ...plain,
  printer,
  ...present({ counted: of.counted, updated: of.updated }),
  generation: true,
  shows,
  toWire: (object) => (isScale(object) ? object : scaleOf(shows, of.toWire?.(object) ?? object)),
  prepareForUpdate: (next, old) => ({
    ...withValueAt(old, specPath(shows), countOf(next, 'spec')),
    metadata: withoutVersion(old),
  }),
  validateUpdate: (next, old, call) =>
    shows.custom === undefined
      ? notNegative('spec.replicas', countOf(next, 'spec'))
      : of.validateUpdate(next, old, call),
});

const specPath = ({ custom }: Resource): string =>
  custom?.scale?.specReplicasPath ?? '.spec.replicas';

function withoutVersion({ metadata }: KubeObject): KubeObject['metadata'] {
  const { resourceVersion: _version, managedFields: _managed, ...kept } = metadata;
  return kept;
}

const isScale = (object: KubeObject): boolean => object.kind === SCALE.kind;

function scaleOf({ custom }: Resource, object: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const { replicas, ready, selector } =
    custom?.scale === undefined
      ? {
          replicas: countOf(object, 'spec'),
          ready: countOf(object, 'status'),
          selector: selectorText(selectorOf(object)),
        }
      : countsAt(custom.scale, object);
  return {
    kind: SCALE.kind,
    apiVersion: apiVersionOf(SCALE),
    metadata: present({ name, namespace, uid, resourceVersion, creationTimestamp }),
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: ready, ...present({ selector: selector || undefined }) },
  };
}

/** The numbers of a custom object, which must have a replica count. */
function countsAt(paths: ScalePaths, object: KubeObject) {
  const wanted = valueAt(object, paths.specReplicasPath);
  if (typeof wanted !== 'number')
    throw new ApiError(
      'InternalError',
      `Internal error occurred: the spec replicas field ${JSON.stringify(paths.specReplicasPath)} does not exist`,
    );
  const selector = paths.labelSelectorPath && valueAt(object, paths.labelSelectorPath);
  return {
    replicas: wanted,
    ready: Number(valueAt(object, paths.statusReplicasPath) ?? 0),
    selector: typeof selector === 'string' ? selector : '',
  };
}

/** A ReplicationController's selector is a plain map. */
function selectorOf(object: KubeObject): LabelSelector {
  const selector = member(object, 'spec', 'selector');
  if (!isMap(selector)) return {};
  return isMap(selector['matchLabels']) || Array.isArray(selector['matchExpressions'])
    ? selector
    : { matchLabels: selector as { [key: string]: string } };
}

/** An applied Scale is an applied configuration of the object: its manager owns the replica count. */
async function apply(call: Call): Promise<Answer> {
  const sent = Buffer.from(await readBody(call.request)).toString('utf8');
  const { value } = decoding('error decoding YAML: ', () => parseText(sent, 'yaml'));
  if (text(value, 'kind') !== SCALE.kind || text(value, 'apiVersion') !== apiVersionOf(SCALE))
    throw badRequest(
      `invalid object type: ${text(value, 'apiVersion')}, Kind=${text(value, 'kind')}`,
    );
  const config = {
    apiVersion: apiVersionOf(call.resource),
    kind: call.resource.kind,
    metadata: member(value, 'metadata'),
    ...withValueAt({}, specPath(call.resource), member(value, 'spec', 'replicas') ?? 0),
  };
  const { url, headers } = call.request;
  const request = new Request(url, { method: 'PATCH', headers, body: JSON.stringify(config) });
  return patch({ ...call, request, strategy: strategyFor(call.resource) });
}
