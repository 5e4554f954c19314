// Queries over all schemas of a definition.
import { itemsOf, valuesOf } from '../../kinds/json-schema.ts';
import type { JsonSchema } from '../../kinds/json-schema.ts';
import { isKnownFormat } from '../formats.ts';
import type { Definition } from './definition.ts';

/** The schema and every schema below it. */
function* below(schema: JsonSchema): Generator<JsonSchema> {
  yield schema;
  const parts = [
    itemsOf(schema),
    valuesOf(schema),
    schema.not,
    ...Object.values(schema.properties ?? {}),
    ...(schema.allOf ?? []),
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
  ];
  for (const part of parts) if (part !== undefined) yield* below(part);
}

/** String formats that nothing checks, each once. */
export function unknownFormats({ spec }: Definition): string[] {
  const found = new Set<string>();
  for (const { schema } of spec.versions)
    for (const { type, format } of below(schema?.openAPIV3Schema ?? {}))
      if (type === 'string' && format && !isKnownFormat(format)) found.add(format);
  return [...found];
}
