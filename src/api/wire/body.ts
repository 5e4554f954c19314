// Request bodies: read up to the limit, parsed by their format, decoded as the expected kind.
import { mapOf } from '../../own.ts';
import { ApiError, badRequest, invalid } from '../../errors.ts';
import type { CustomKind } from '../../kinds/custom-kind.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { apiVersionOf } from '../../kinds/resources.ts';
import type { GroupKind } from '../../kinds/resources.ts';
import { RESOURCES } from '../../kinds/resources.ts';
import { kindShape } from '../../kinds/shapes.ts';
import type { Json } from '../../ports/json.ts';
import { readWithin } from '../../read-within.ts';
import { decodeObject } from './decode.ts';
import { decodeCustom, kindProblem } from './decode-custom.ts';
import { decoding } from './decoding.ts';
import {
  countFields,
  duplicateFields,
  findingsInOrder,
  MAX_FINDINGS,
  ParseError,
  parseCounted,
} from './json.ts';
import { text } from '../resources/plain.ts';
import { bodyFormat } from './negotiation.ts';
import { decodeProtobuf } from './protobuf.ts';
import { parseYaml } from './yaml.ts';
import type { FieldValidation } from './options.ts';

/** The most bytes of a body that kube-apiserver reads. */
export const BODY_LIMIT = 3 * 1024 * 1024;

/** The whole body; throws 413 above the limit. */
export async function readBody(request: Request): Promise<Uint8Array> {
  const bytes = await readWithin(request, BODY_LIMIT).catch((cause: unknown) => {
    throw new ApiError(
      'BadRequest',
      `the request's body could not be read: ${cause instanceof Error ? cause.message : ''}`,
      { cause },
    );
  });
  if (bytes === undefined)
    throw new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${BODY_LIMIT}`);
  return bytes;
}

/** The kind that the body must have. `storedAs`: the internal type's group alias in messages (`core`). */
export interface Expected extends GroupKind {
  /** Set for a custom kind. */
  custom?: CustomKind;
  /** Other versions of the kind's group that the endpoint accepts; they have the same fields. */
  otherVersions?: string[];
  validation: FieldValidation;
  warnings: string[];
}

const hex = (bytes: Uint8Array): string => {
  const head = Buffer.from(bytes.subarray(0, 30));
  if (bytes.length === 0) return '<empty>';
  const text = head.toString('utf8').trimStart().startsWith('{')
    ? head.toString('utf8')
    : head.toString('hex');
  return bytes.length > 30 ? `${text} ...` : text;
};

const GO_VALUE =
  'Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';
const jsonType = (value: Json): string =>
  Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;

interface Parsed {
  value: { [key: string]: Json | undefined };
  duplicates: string[];
}

function parseBody(bytes: Uint8Array, format: 'json' | 'yaml', kind: string): Parsed {
  const unrecognized = (problem: string, cause?: unknown): ApiError =>
    new ApiError(
      'BadRequest',
      `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${problem} (${hex(bytes)})`,
      { cause },
    );
  try {
    const { value, duplicates } = parseText(Buffer.from(bytes).toString('utf8'), format);
    if (value === null) return { value: {}, duplicates };
    if (typeof value !== 'object' || Array.isArray(value))
      throw new ParseError(`json: cannot unmarshal ${jsonType(value)} into ${GO_VALUE}`);
    return { value, duplicates };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    throw unrecognized(
      error.message.startsWith('yaml:')
        ? `error converting YAML to JSON: ${error.message}`
        : error.message,
      error,
    );
  }
}

/** The text's value and its duplicate fields; throws ParseError. */
export function parseText(
  text: string,
  format: 'json' | 'yaml',
): { value: Json; duplicates: string[] } {
  const counted = format === 'json' ? parseCounted(text) : countedFlow(text);
  if (counted !== undefined) {
    const { value, fields } = counted;
    const duplicates = countFields(value) === fields ? [] : duplicateFields(text);
    if (format === 'json' || duplicates.length === 0) return { value, duplicates };
  }
  const { value: parsed, duplicate } = parseYaml(text);
  return { value: parsed, duplicates: duplicate === undefined ? [] : [duplicate] };
}

/** JSON is valid YAML, and most bodies that are sent as YAML are JSON. */
function countedFlow(text: string): ReturnType<typeof parseCounted> | undefined {
  try {
    return text.startsWith('{') ? parseCounted(text) : undefined;
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}

/** Refuses a body of another kind or version; a body that names neither counts as the expected one. */
export function checkKind(value: Parsed['value'], expected: Expected): void {
  const apiVersion =
    typeof value['apiVersion'] === 'string' && value['apiVersion'] !== ''
      ? value['apiVersion']
      : apiVersionOf(expected);
  const kind =
    typeof value['kind'] === 'string' && value['kind'] !== '' ? value['kind'] : expected.kind;
  const taken = [expected.version, ...(expected.otherVersions ?? [])].map((version) =>
    apiVersionOf({ group: expected.group, version }),
  );
  if (kind === expected.kind && taken.includes(apiVersion)) return;
  const version = apiVersion.split('/').at(-1) ?? '';
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
  const known = kind.endsWith('List') ? kind.slice(0, -4) : kind;
  const head = `${kind} in version "${version}" cannot be handled as a ${expected.kind}: `;
  if (expected.custom !== undefined && taken.includes(apiVersion))
    throw invalid(
      kind,
      text(value, 'metadata', 'name'),
      [kindProblem({ kind }, expected.kind)],
      expected.group,
    );
  if (expected.custom !== undefined)
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(expected)})`,
    );
  if (
    !RESOURCES.some(
      (entry) => entry.kind === known && entry.group === group && entry.version === version,
    )
  ) {
    throw badRequest(
      `${head}no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`,
    );
  }
  if (kind === expected.kind)
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(expected)})`,
    );
  throw badRequest(`${head}converting (v1.${kind}) to (core.${expected.kind}): unknown conversion`);
}

/** Decodes a parsed value as `expected`; strict findings become warnings or one 400. `textOf`: the JSON text that was parsed. */
export function decodeValue(
  value: Parsed['value'],
  expected: Expected,
  duplicates: string[] = [],
  textOf?: () => string,
): KubeObject {
  const head = `${expected.kind} in version "${expected.version}" cannot be handled as a ${expected.kind}: `;
  const unknown: string[] = [];
  const { apiVersion: _apiVersion, kind: _kind, ...fields } = value;
  const { custom } = expected;
  const object = decoding(head, () =>
    custom === undefined
      ? decodeObject(kindShape(expected.group, expected.kind, expected.version), fields, unknown)
      : decodeCustom(custom, fields, unknown),
  );
  const findings =
    textOf !== undefined && duplicates.length > 0 && unknown.length > 0
      ? findingsInOrder(textOf(), unknown)
      : [
          ...duplicates.map((path) =>
            path.startsWith('yaml:') ? path : `duplicate field "${path}"`,
          ),
          ...unknown.map((path) => `unknown field "${path}"`),
        ].slice(0, MAX_FINDINGS);
  if (findings.length > 0 && expected.validation === 'Strict')
    throw badRequest(`${head}strict decoding error: ${findings.join(', ')}`);
  if (expected.validation === 'Warn') expected.warnings.push(...findings);
  const metadata = object['metadata'];
  return {
    ...object,
    metadata: mapOf(metadata) as KubeObject['metadata'],
  };
}

/** The request's body as an object of the expected kind. */
export async function decodeBody(request: Request, expected: Expected): Promise<KubeObject> {
  const format = bodyFormat(request);
  const bytes = await readBody(request);
  // The field numbers of a custom kind are unknown.
  if (format === 'protobuf' && expected.custom !== undefined)
    throw new ApiError(
      'UnsupportedMediaType',
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml',
    );
  if (format === 'protobuf') {
    const value = await decodeProtobuf(bytes, expected);
    checkKind(value, expected);
    return decodeValue(value, expected);
  }
  const { value, duplicates } = decoding('', () => parseBody(bytes, format, expected.kind));
  checkKind(value, expected);
  const textOf = (): string => Buffer.from(bytes).toString('utf8');
  return decodeValue(value, expected, duplicates, format === 'json' ? textOf : undefined);
}
