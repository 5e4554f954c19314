// OpenAPI v2 in protobuf, the only form that client-go's OpenAPISchema() asks for. The field numbers are those of gnostic's
// openapi.v2 messages (openapiv2/OpenAPIv2.proto); extensions travel as YAML, of which JSON is a part.
import { openapiV2 } from './openapi-v2.ts';
import type { Resource } from '../../kinds/resources.ts';
import type { DocumentV2, OperationV2, ParameterV2, PathV2, SchemaV2 } from './openapi-v2.ts';

const LENGTH_DELIMITED = 2;
const METHODS = new Map([
  ['get', 2],
  ['put', 3],
  ['post', 4],
  ['delete', 5],
  ['options', 6],
  ['head', 7],
  ['patch', 8],
]);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

/** A field that holds a message, or a text; nothing where there is no value. */
function field(number: number, value: Buffer | string | undefined): Buffer {
  if (value === undefined) return Buffer.alloc(0);
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([varint(number * 8 + LENGTH_DELIMITED), varint(bytes.length), bytes]);
}

const flag = (number: number, value: boolean | undefined): Buffer =>
  value === true ? Buffer.concat([varint(number * 8), varint(1)]) : Buffer.alloc(0);
const message = (...fields: Buffer[]): Buffer => Buffer.concat(fields);
const texts = (number: number, values: string[] | undefined): Buffer =>
  message(...(values ?? []).map((value) => field(number, value)));
const named = (name: string, value: Buffer): Buffer => message(field(1, name), field(2, value));

const extensions = (number: number, from: object): Buffer =>
  message(
    ...Object.entries(from)
      .filter(([name]) => name.startsWith('x-kubernetes-'))
      .map(([name, value]) => field(number, named(name, field(2, JSON.stringify(value))))),
  );

function schema(of: SchemaV2): Buffer {
  const { $ref, format, description, required, additionalProperties, type, items, properties } = of;
  return message(
    field(1, $ref),
    field(2, format),
    field(4, description),
    texts(19, required),
    field(21, additionalProperties && field(1, schema(additionalProperties))),
    field(22, type === undefined ? undefined : field(1, type)),
    field(23, items && field(1, schema(items))),
    field(
      25,
      properties &&
        message(
          ...Object.entries(properties).map(([name, property]) =>
            field(1, named(name, schema(property))),
          ),
        ),
    ),
    extensions(31, of),
  );
}

function parameter({
  name,
  in: place,
  required,
  type,
  uniqueItems,
  schema: body,
}: ParameterV2): Buffer {
  const parameter =
    place === 'body'
      ? field(
          1,
          message(
            field(2, name),
            field(3, place),
            flag(4, required),
            field(5, body && schema(body)),
          ),
        )
      : place === 'query'
        ? field(
            2,
            field(
              3,
              message(
                flag(1, required),
                field(2, place),
                field(4, name),
                field(6, type),
                flag(20, uniqueItems),
              ),
            ),
          )
        : field(
            2,
            field(
              4,
              message(
                flag(1, required),
                field(2, place),
                field(4, name),
                field(5, type),
                flag(19, uniqueItems),
              ),
            ),
          );
  return field(1, parameter);
}

const responses = (of: OperationV2['responses']): Buffer =>
  message(
    ...Object.entries(of).map(([code, { description, schema: answered }]) =>
      field(
        1,
        named(
          code,
          field(
            1,
            message(field(1, description), field(2, answered && field(1, schema(answered)))),
          ),
        ),
      ),
    ),
  );

const operation = (of: OperationV2): Buffer =>
  message(
    texts(6, of.produces),
    texts(7, of.consumes),
    ...of.parameters.map((entry) => field(8, parameter(entry))),
    field(9, responses(of.responses)),
    extensions(13, of),
  );

const path = ({ parameters = [], operations }: PathV2): Buffer =>
  message(
    ...[...operations].map(([method, entry]) => field(METHODS.get(method) ?? 0, operation(entry))),
    ...parameters.map((entry) => field(9, parameter(entry))),
  );

const documents = new WeakMap<DocumentV2, Buffer<ArrayBuffer>>();

/** The document's bytes, computed once for each table. */
export function openapiV2Protobuf(table: readonly Resource[]): Buffer<ArrayBuffer> {
  const document = openapiV2(table);
  const known = documents.get(document);
  if (known !== undefined) return known;
  const { version, paths, definitions } = document;
  const bytes = Buffer.from(
    message(
      field(1, '2.0'),
      field(2, message(field(1, 'Kubernetes'), field(2, version))),
      field(8, message(...[...paths].map(([name, entry]) => field(2, named(name, path(entry)))))),
      field(
        9,
        message(...[...definitions].map(([name, entry]) => field(1, named(name, schema(entry))))),
      ),
    ),
  );
  documents.set(document, bytes);
  return bytes;
}
