// Tables: what kubectl prints.
import { badRequest } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { present } from '../../present.ts';
import type { Call } from '../call.ts';
import { partial, typed } from './forms.ts';

export type Include = 'None' | 'Metadata' | 'Object';

/** `includeObject` of the query. */
export function includeOption(query: URLSearchParams): Include {
  const value = query.get('includeObject') ?? '';
  if (value === '' || value === 'Metadata') return 'Metadata';
  if (value === 'None' || value === 'Object') return value;
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(value)}: must be 'Metadata', 'Object', 'None', or empty`,
  );
}

type Printing = Pick<Call, 'resource' | 'strategy' | 'now' | 'output'>;

function row(call: Printing, object: KubeObject, include: Include): { [member: string]: unknown } {
  const { printer } = call.strategy;
  const conditions = printer.conditions?.(object) ?? [];
  const shown =
    include === 'None'
      ? null
      : include === 'Object'
        ? typed(call, object)
        : partial(object, call.output.asVersion);
  return {
    cells: printer.cells(object, call.now),
    ...present({ conditions: conditions.length > 0 ? conditions : undefined }),
    object: shown,
  };
}

/** A Table of the objects; watches send the columns in their first event only. */
export function toTable(
  call: Printing,
  objects: KubeObject[],
  metadata: unknown,
  include: Include,
  withColumns = true,
): unknown {
  const columns = call.strategy.printer.columns.map(
    ({ name, type, format = '', description, priority = 0 }) => ({
      name,
      type,
      format,
      description,
      priority,
    }),
  );
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${call.output.asVersion ?? 'v1'}`,
    metadata,
    columnDefinitions: withColumns ? columns : null,
    rows: objects.map((object) => row(call, object, include)),
  };
}
