// patch: a JSON patch, merge patch, strategic merge patch or apply makes the new object; update's second half stores it.
import { ApiError, badRequest } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { apiVersionOf } from '../../kinds/resources.ts';
import { shapeOfResource } from '../../kinds/shapes.ts';
import { own } from '../../own.ts';
import type { Json } from '../../ports/json.ts';
import { admitCall } from '../admit-caller.ts';
import type { Answer, Call } from '../call.ts';
import { keyOf } from '../call.ts';
import type { ManagedEntry } from '../fields/managed-fields.ts';
import { applyObject, duplicateElement } from '../patch/apply.ts';
import { applyJsonPatch, asOperations, PatchError } from '../patch/json-patch.ts';
import { mergePatch } from '../patch/merge-patch.ts';
import { strategicMerge } from '../patch/strategic-merge.ts';
import { checkKind, decodeValue, parseText, readBody } from '../wire/body.ts';
import { decoding } from '../wire/decoding.ts';
import { isDeeper, MAX_PATCH_DEPTH, parseJson } from '../wire/json.ts';
import { writeOptions } from '../wire/options.ts';
import type { WriteOptions } from '../wire/options.ts';
import { text as textOf } from '../resources/plain.ts';
import { typed } from '../wire/forms.ts';
import { createObject } from './create.ts';
import { member } from '../resources/plain.ts';
import { otherFormsOf } from './other-forms.ts';
import { checkIdentity, updateObject } from './update.ts';

const MAX_OPERATIONS = 10_000;

type Values = { [key: string]: Json | undefined };

const TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
] as const;

/** PATCH of a name. */
export async function patch(call: Call): Promise<Answer> {
  const sent = (call.request.headers.get('content-type') ?? '').split(';')[0]?.trim();
  const type = TYPES.find((known) => known === sent);
  if (type === undefined)
    throw new ApiError('UnsupportedMediaType', '415: Unsupported Media Type', { empty: true });
  // Only types written in Go declare how their lists merge.
  if (type === 'application/strategic-merge-patch+json' && call.resource.custom !== undefined)
    throw new ApiError(
      'UnsupportedMediaType',
      'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
    );
  const options = writeOptions(
    call.request,
    call.query,
    'PatchOptions',
    type === 'application/apply-patch+yaml',
  );
  const text = Buffer.from(await readBody(call.request)).toString('utf8');
  if (type === 'application/apply-patch+yaml') return apply(call, options, text);
  const change = changeOf(type, text, call);
  return updateObject(call, options, (old) => ({
    next: redecode(
      call,
      options,
      decoding('error applying patch: ', () => change(present(call, old))),
      type === 'application/strategic-merge-patch+json',
    ),
  }));
}

/** The stored object in the version for which the patch is written. */
const present = (call: Call, old: KubeObject): Values =>
  JSON.parse(JSON.stringify(typed(call, old))) as Values;

function changeOf(type: (typeof TYPES)[number], text: string, call: Call): (value: Values) => Json {
  const value = decoding(
    type === 'application/strategic-merge-patch+json' ? '' : 'error decoding patch: ',
    () => parseJson(text, MAX_PATCH_DEPTH),
  );
  if (type === 'application/json-patch+json') return operationsOf(value);
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value} into Go value of type map[string]interface {}`,
    );
  }
  if (type === 'application/merge-patch+json') return (original) => mergePatch(original, value);
  const shape = shapeOfResource(call.resource);
  return (original) => strategicMerge(shape, original, value) as Values;
}

function operationsOf(value: Json): (value: Values) => Json {
  if (!Array.isArray(value))
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${value === null ? 'null' : typeof value} into Go value of type []handlers.jsonPatchOp`,
    );
  if (value.length > MAX_OPERATIONS) {
    throw new ApiError(
      'RequestEntityTooLarge',
      `Request entity too large: The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${value.length}`,
    );
  }
  const found = asOperations(value);
  if ('stray' in found)
    throw badRequest(
      `json: cannot unmarshal ${found.stray === null ? 'null' : Array.isArray(found.stray) ? 'array' : typeof found.stray} into Go value of type jsonpatch.Operation`,
    );
  return (original) => {
    try {
      // Operations' values become part of the result, and later operations change them: a second attempt needs fresh copies.
      return applyJsonPatch(original, structuredClone(found.operations));
    } catch (error) {
      if (!(error instanceof PatchError)) throw error;
      throw new ApiError(
        'Invalid',
        'the server rejected our request due to an error in our request',
        { empty: true, cause: error },
      );
    }
  };
}

/** Decodes the patched object as its kind; if it does not fit, the patch is invalid. */
function redecode(
  call: Call,
  options: WriteOptions,
  patched: Json,
  isStrategic: boolean,
): KubeObject {
  if (patched === null || typeof patched !== 'object' || Array.isArray(patched))
    throw badRequest('error decoding patch: the patched object is not an object');
  // Operations can build a deeper value than any that they contain.
  if (isDeeper(patched, MAX_PATCH_DEPTH))
    throw badRequest('error decoding patch: exceeded max depth');
  const expected = {
    ...call.resource,
    validation: options.fieldValidation,
    warnings: call.warnings,
  };
  try {
    // A strategic patch works on the kind's own type, so it cannot change the kind.
    if (!isStrategic) checkKind(patched, expected);
    const decoded = decodeValue(patched, expected);
    checkIdentity(call, decoded);
    return call.strategy.fromWire?.(decoded) ?? decoded;
  } catch (error) {
    if (!(error instanceof ApiError) || !error.message.includes('cannot be handled as a'))
      throw error;
    const problem = error.message.replace(/^.*? cannot be handled as a \w+: /s, '');
    const value = JSON.stringify(JSON.stringify(sorted(patched)));
    const message = `Invalid value: ${value}: ${problem}`;
    throw new ApiError('Invalid', ` "" is invalid: patch: ${message}`, {
      causes: [{ reason: 'FieldValueInvalid', message, field: 'patch' }],
      cause: error,
    });
  }
}

/** Go prints maps by their sorted keys. */
const sorted = (value: Json | undefined): Json => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value ?? null;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(own(value, key))]),
  );
};

/** The applied configuration: YAML of the endpoint's kind, without managedFields. */
function parseConfig(call: Call, options: WriteOptions, text: string): KubeObject {
  const { value: parsed, duplicates } = decoding('error decoding YAML: ', () =>
    parseText(text, 'yaml'),
  );
  const [duplicate] = duplicates;
  if (duplicate !== undefined && options.fieldValidation === 'Strict')
    throw badRequest(`error strict decoding YAML: ${duplicate}`);
  const value = (typeof parsed === 'object' && !Array.isArray(parsed) ? parsed : null) ?? {};
  checkConfigKind(call, value);
  const unknown: string[] = [];
  const decoded = decodeValue(value, { ...call.resource, validation: 'Warn', warnings: unknown });
  const [stray] = unknown;
  const head = `failed to create typed patch object (${decoded.metadata.namespace ?? ''}/${decoded.metadata.name ?? ''}; ${call.resource.group}/${call.resource.version}, Kind=${call.resource.kind})`;
  if (stray !== undefined)
    throw new ApiError(
      '',
      `${head}: .${/"(.*)"/.exec(stray)?.[1] ?? ''}: field not declared in schema`,
    );
  const twice = duplicateElement(shapeOfResource(call.resource), decoded);
  if (twice !== undefined) throw new ApiError('', `${head}: ${twice}`);
  // An empty list counts as present, too.
  if ((member(value, 'metadata', 'managedFields') ?? null) !== null)
    throw badRequest('metadata.managedFields must be nil');
  return decoded;
}

function checkConfigKind(call: Call, value: Values): void {
  const [apiVersion, kind] = [textOf(value, 'apiVersion'), textOf(value, 'kind')];
  const wanted = apiVersionOf(call.resource);
  if (kind !== call.resource.kind)
    throw badRequest(
      `invalid object type: ${apiVersion === '' ? '/' : apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`,
    );
  if (apiVersion !== wanted)
    throw badRequest(
      `Incorrect version specified in apply patch. Specified patch version: ${apiVersion}, expected: ${wanted}`,
    );
}

async function apply(call: Call, options: WriteOptions, text: string): Promise<Answer> {
  const config = parseConfig(call, options, text);
  checkIdentity(call, config);
  const shape = shapeOfResource(call.resource);
  const writer = {
    manager: options.fieldManager,
    apiVersion: apiVersionOf(call.resource),
    subresource: call.subresource,
    now: call.now,
    resetFields: call.strategy.resetFields,
  };
  const live = await call.ports.store.get(keyOf(call));
  if (live === undefined && call.subresource === '') {
    await admitCall(call, 'create');
    const { entries } = applyObject(shape, { metadata: {} }, config, writer, true);
    const named = { ...config, metadata: { ...config.metadata, name: call.name } };
    return { code: 201, object: await createObject(call, named, options, entries), kind: 'object' };
  }
  return updateObject(call, options, (old): { next: KubeObject; entries: ManagedEntry[] } => {
    const wire = call.strategy.toWire?.(old) ?? old;
    const { object, entries } = applyObject(
      shape,
      wire,
      config,
      writer,
      options.force,
      otherFormsOf(call.strategy),
    );
    const { resourceVersion: _version, ...metadata } = object.metadata;
    const versioned = config.metadata.resourceVersion
      ? { ...metadata, resourceVersion: config.metadata.resourceVersion }
      : metadata;
    return {
      next: { ...(call.strategy.fromWire?.(object) ?? object), metadata: versioned },
      entries,
    };
  });
}
