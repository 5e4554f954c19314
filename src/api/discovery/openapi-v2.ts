// OpenAPI v2, one document for all groups, converted from the version 3 documents. kubectl up to 1.26, client-go's
// OpenAPISchema() and the tools built on it read this one.
import { createHash } from 'node:crypto';
import { schemaName, schemaV2 as customSchemaV2 } from '../../custom/openapi.ts';
import { RESOURCES } from '../../kinds/resources.ts';
import type { Resource } from '../../kinds/resources.ts';
import { present } from '../../present.ts';
import { documentPaths, openapiDocument } from './openapi.ts';
import type { Parameter, PathItem } from './openapi-paths.ts';
import { VERSION } from './version.ts';

export interface SchemaV2 {
  $ref?: string;
  type?: string;
  format?: string;
  description?: string;
  required?: string[];
  items?: SchemaV2;
  additionalProperties?: SchemaV2;
  properties?: Record<string, SchemaV2>;
  [extension: `x-kubernetes-${string}`]: unknown;
}

export interface ParameterV2 {
  name: string;
  in: 'body' | 'path' | 'query';
  required?: boolean;
  type?: string;
  uniqueItems?: boolean;
  schema?: SchemaV2;
}

export interface OperationV2 {
  consumes: string[];
  produces: string[];
  parameters: ParameterV2[];
  responses: Record<string, { description: string; schema?: SchemaV2 }>;
  [extension: `x-kubernetes-${string}`]: unknown;
}

export interface PathV2 {
  parameters?: ParameterV2[];
  operations: Map<string, OperationV2>;
}

export interface DocumentV2 {
  version: string;
  paths: Map<string, PathV2>;
  definitions: Map<string, SchemaV2>;
}

interface OperationV3 {
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: SchemaV3 }> };
  responses: Record<
    string,
    { description: string; content?: Record<string, { schema: SchemaV3 }> }
  >;
  [extension: `x-kubernetes-${string}`]: unknown;
}

type SchemaV3 = Omit<SchemaV2, 'items' | 'additionalProperties' | 'properties'> & {
  allOf?: { $ref: string }[];
  oneOf?: unknown[];
  items?: SchemaV3;
  additionalProperties?: SchemaV3;
  properties?: Record<string, SchemaV3>;
};

const PRODUCES = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];
const local = (ref: string): string => ref.replace('#/components/schemas/', '#/definitions/');

/** In version 2 a reference carries its description beside it, and an int-or-string is a string with a format. */
function schemaV2({
  allOf,
  oneOf,
  items,
  additionalProperties,
  properties,
  ...rest
}: SchemaV3): SchemaV2 {
  const target = rest.$ref ?? allOf?.[0]?.$ref;
  return {
    ...rest,
    ...present({
      $ref: target === undefined ? undefined : local(target),
      type: oneOf === undefined ? undefined : 'string',
      items: items === undefined ? undefined : schemaV2(items),
      additionalProperties:
        additionalProperties === undefined ? undefined : schemaV2(additionalProperties),
      properties:
        properties === undefined
          ? undefined
          : Object.fromEntries(
              Object.entries(properties).map(([name, property]) => [name, schemaV2(property)]),
            ),
    }),
  };
}

const extensionsOf = (from: object): Record<`x-kubernetes-${string}`, unknown> =>
  Object.fromEntries(Object.entries(from).filter(([name]) => name.startsWith('x-kubernetes-')));

const parameterV2 = ({ name, in: place, required, schema }: Parameter): ParameterV2 => ({
  name,
  in: place,
  ...present({ required }),
  type: schema.type,
  uniqueItems: true,
});

function operationV2(operation: OperationV3): OperationV2 {
  const sent = Object.entries(operation.requestBody?.content ?? {});
  const body = sent[0]?.[1].schema;
  return {
    consumes: sent.map(([type]) => type),
    produces: PRODUCES,
    parameters: [
      ...(body === undefined
        ? []
        : [
            {
              name: 'body',
              in: 'body',
              required: true,
              schema: schemaV2(body),
            } satisfies ParameterV2,
          ]),
      ...(operation.parameters ?? []).map(parameterV2),
    ],
    responses: Object.fromEntries(
      Object.entries(operation.responses).map(([code, { description, content }]) => {
        const schema = Object.values(content ?? {})[0]?.schema;
        return [
          code,
          {
            description,
            ...present({ schema: schema === undefined ? undefined : schemaV2(schema) }),
          },
        ];
      }),
    ),
    ...extensionsOf(operation),
  };
}

const documents = new WeakMap<readonly Resource[], DocumentV2>();

/** The document as a tree, computed once for each table; the part of Kubernetes' own kinds only once. */
export function openapiV2(table: readonly Resource[]): DocumentV2 {
  const known = documents.get(table);
  if (known !== undefined) return known;
  const made = table === RESOURCES ? build(RESOURCES) : withCustom(table);
  documents.set(table, made);
  return made;
}

function withCustom(table: readonly Resource[]): DocumentV2 {
  const [base, custom] = [openapiV2(RESOURCES), build(table.slice(RESOURCES.length))];
  return {
    version: base.version,
    paths: new Map([...base.paths, ...custom.paths]),
    definitions: new Map([...base.definitions, ...custom.definitions]),
  };
}

function build(table: readonly Resource[]): DocumentV2 {
  const made: DocumentV2 = {
    version: VERSION.gitVersion,
    paths: new Map(),
    definitions: new Map(),
  };
  for (const one of documentPaths(table)) {
    const { paths, components } = JSON.parse(openapiDocument(table, one)?.body ?? '{}') as {
      paths: Record<string, PathItem>;
      components: { schemas: Record<string, SchemaV3> };
    };
    for (const [path, { parameters = [], ...methods }] of Object.entries(paths)) {
      made.paths.set(path, {
        parameters: parameters.map(parameterV2),
        operations: new Map(
          Object.entries(methods).map(([method, operation]) => [
            method,
            operationV2(operation as OperationV3),
          ]),
        ),
      });
    }
    for (const [name, schema] of Object.entries(components.schemas))
      made.definitions.set(name, schemaV2(schema));
  }
  for (const entry of table)
    if (entry.custom !== undefined)
      made.definitions.set(schemaName(entry), customSchemaV2(entry) as SchemaV2);
  return made;
}

export interface TextV2 {
  text: string;
  etag: string;
}

const texts = new WeakMap<DocumentV2, TextV2>();

/** The document as JSON, with its ETag. */
export function openapiV2Json(table: readonly Resource[]): TextV2 {
  const document = openapiV2(table);
  const known = texts.get(document);
  if (known !== undefined) return known;
  const { version, paths, definitions } = document;
  const text = JSON.stringify({
    swagger: '2.0',
    info: { title: 'Kubernetes', version },
    paths: Object.fromEntries(
      [...paths].map(([path, { parameters, operations }]) => [
        path,
        { parameters, ...Object.fromEntries(operations) },
      ]),
    ),
    definitions: Object.fromEntries(definitions),
  });
  const etag = `"${createHash('sha512').update(text).digest('hex').toUpperCase()}"`;
  const made = { text, etag };
  texts.set(document, made);
  return made;
}
