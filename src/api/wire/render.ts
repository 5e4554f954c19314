// Renders an answer in the negotiated form: JSON or YAML; whole objects, their metadata, or a Table.
import { gzipSync } from 'node:zlib';
import { ApiError } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { apiVersionOf, listKindOf } from '../../kinds/resources.ts';
import type { Resource } from '../../kinds/resources.ts';
import { present } from '../../present.ts';
import type { Call, ObjectList, TextList } from '../call.ts';
import type { Output } from './negotiation.ts';
import { META, listed, partial, typed } from './forms.ts';
import { wholeResponse } from './whole-response.ts';
import { includeOption, tableText, toTable } from './table.ts';
import { yamlPackage } from './yaml-package.ts';

const GZIP_ABOVE = 128 * 1024;

const listMeta = ({
  resourceVersion,
  continue: token,
  remainingItemCount,
}: Omit<ObjectList, 'items'>): KubeObject['metadata'] => {
  const metadata = {
    resourceVersion,
    ...present({
      continue: token || undefined,
      remainingItemCount: remainingItemCount ? remainingItemCount : undefined,
    }),
  };
  return metadata as KubeObject['metadata'];
};

const goName = (resource: Resource, list: boolean): string =>
  `*${resource.group === '' ? 'core' : (resource.group.split('.')[0] ?? '')}.${resource.kind}${list ? 'List' : ''}`;

const impossible = (asked: string, problem: string): ApiError =>
  new ApiError('NotAcceptable', `you requested ${asked}, but the requested object ${problem}`);

/** A single object in the negotiated form. */
export function renderObject(call: Call, object: KubeObject): unknown {
  const { as, asVersion = 'v1' } = call.output;
  if (as === 'Table')
    return toTable(
      call,
      [object],
      { resourceVersion: object.metadata.resourceVersion ?? '' },
      includeOption(call.query),
    );
  if (as === 'PartialObjectMetadata') return partial(object, asVersion);
  if (as === 'PartialObjectMetadataList')
    throw impossible(as, `is not a list (${goName(call.resource, false)})`);
  return typed(call, object);
}

/** A list in the negotiated form. */
export function renderList(call: Call, list: ObjectList): unknown {
  const { as, asVersion = 'v1' } = call.output;
  if (as === 'Table') return toTable(call, list.items, listMeta(list), includeOption(call.query));
  if (as === 'PartialObjectMetadata')
    throw impossible(as, `is a list (${goName(call.resource, true)})`);
  if (as === 'PartialObjectMetadataList') {
    const items = list.items.map((object) => partial(object, asVersion));
    return {
      kind: as,
      apiVersion: `${META}/${asVersion}`,
      metadata: listMeta(list),
      items: items.length > 0 ? items : null,
    };
  }
  return {
    kind: listKindOf(call.resource),
    apiVersion: apiVersionOf(call.resource),
    metadata: listMeta(list),
    items: list.items.map((object) => listed(call, object)),
  };
}

/** A list of objects that are already JSON, with the same bytes as `renderList` and `encode`. */
export function renderTexts(call: Call, { items, ...list }: TextList): string {
  const { resource, output, query } = call;
  if (output.as === 'Table')
    return `${tableText(call, items, listMeta(list), includeOption(query))}\n`;
  const head = JSON.stringify({
    kind: listKindOf(resource),
    apiVersion: apiVersionOf(resource),
    metadata: listMeta(list),
  });
  return `${head.slice(0, -1)},"items":[${items.map((item) => item.json()).join(',')}]}\n`;
}

/** The bytes of a value in a format. */
export function encode(
  value: unknown,
  { format, pretty }: Pick<Output, 'format' | 'pretty'>,
): string {
  if (format === 'yaml') {
    const text = yamlPackage().stringify(JSON.parse(JSON.stringify(value)), {
      version: '1.1',
      sortMapEntries: true,
      lineWidth: 0,
      indentSeq: false,
    });
    // Go's YAML does not quote FieldsV1's key `.`.
    return text.replaceAll(/^( *)"\.": /gm, '$1.: ');
  }
  return `${pretty ? JSON.stringify(value, undefined, 2) : JSON.stringify(value)}\n`;
}

/** A response with the value; large bodies are compressed where the caller accepts gzip. */
export function respond(
  request: Request,
  code: number,
  value: unknown,
  output: Pick<Output, 'format' | 'pretty'>,
  headers: Record<string, string> = {},
): Response {
  return respondText(
    request,
    code,
    encode(value, output),
    output.format === 'yaml' ? 'application/yaml' : 'application/json',
    headers,
  );
}

/** A response with a JSON text. */
export const respondJson = (request: Request, code: number, text: string): Response =>
  respondText(request, code, text, 'application/json', {});

function respondText(
  request: Request,
  code: number,
  text: string,
  type: string,
  headers: Record<string, string>,
): Response {
  if (text.length > GZIP_ABOVE && /\bgzip\b/.test(request.headers.get('accept-encoding') ?? '')) {
    return new Response(new Uint8Array(gzipSync(text, { level: 1 })), {
      status: code,
      headers: {
        'content-type': type,
        'content-encoding': 'gzip',
        vary: 'Accept-Encoding',
        ...headers,
      },
    });
  }
  return wholeResponse(text, { status: code, headers: { 'content-type': type, ...headers } });
}
