// OpenAPI v2, one document for all groups, converted from the version 3 documents. kubectl up to 1.26, client-go's
// OpenAPISchema() and the tools built on it read this one.
import { RESOURCES, apiVersionOf } from '../../kinds/resources.ts';
import { present } from '../../present.ts';
import { openapiDocument } from './openapi.ts';
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
  parameters?: { name: string; schema: { type: string } }[];
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
      ...(operation.parameters ?? []).map(({ name, schema }): ParameterV2 => ({
        name,
        in: 'query',
        type: schema.type,
        uniqueItems: true,
      })),
    ],
    responses: Object.fromEntries(
      Object.entries(operation.responses).map(([code, { description, content }]) => {
        const schema = content?.['application/json']?.schema;
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

const pathParameters = (path: string): ParameterV2[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    type: 'string',
    uniqueItems: true,
  }));

let document: DocumentV2 | undefined;

/** The document as a tree, computed once. */
export function openapiV2(): DocumentV2 {
  document ??= build();
  return document;
}

function build(): DocumentV2 {
  const made: DocumentV2 = {
    version: VERSION.gitVersion,
    paths: new Map(),
    definitions: new Map(),
  };
  for (const group of new Set(
    RESOURCES.map((entry) => (entry.group === '' ? 'api/v1' : `apis/${apiVersionOf(entry)}`)),
  )) {
    const { paths, components } = JSON.parse(openapiDocument(group)?.body ?? '{}') as {
      paths: Record<string, Record<string, OperationV3>>;
      components: { schemas: Record<string, SchemaV3> };
    };
    for (const [path, methods] of Object.entries(paths)) {
      made.paths.set(path, {
        parameters: pathParameters(path),
        operations: new Map(
          Object.entries(methods).map(([method, operation]) => [method, operationV2(operation)]),
        ),
      });
    }
    for (const [name, schema] of Object.entries(components.schemas))
      made.definitions.set(name, schemaV2(schema));
  }
  return made;
}

let text: string | undefined;

/** The document as JSON. */
export function openapiV2Json(): string {
  const { version, paths, definitions } = openapiV2();
  text ??= JSON.stringify({
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
  return text;
}
