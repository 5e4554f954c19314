// Tables: the form that kubectl prints.
import { badRequest } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import type { Ago } from '../../pod/status/human-duration.ts';
import { agoText, isAgo } from '../../pod/status/human-duration.ts';
import type { StoredText } from '../../ports/store.ts';
import { present } from '../../present.ts';
import type { Call } from '../call.ts';
import { partial, typed } from './forms.ts';

export type Include = 'None' | 'Metadata' | 'Object';

/** The query's `includeObject`. */
export function includeOption(query: URLSearchParams): Include {
  const value = query.get('includeObject') ?? '';
  if (value === '' || value === 'Metadata') return 'Metadata';
  if (value === 'None' || value === 'Object') return value;
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(value)}: must be 'Metadata', 'Object', 'None', or empty`,
  );
}

type Printing = Pick<Call, 'resource' | 'strategy' | 'now' | 'output'>;

const shownOf = (call: Printing, object: KubeObject, include: Include): KubeObject | null =>
  include === 'None'
    ? null
    : include === 'Object'
      ? typed(call, object)
      : partial(object, call.output.asVersion);

function row(call: Printing, object: KubeObject, include: Include): { [member: string]: unknown } {
  const { printer } = call.strategy;
  const conditions = printer.conditions?.(object) ?? [];
  return {
    cells: printer.cells(object).map((cell) => (isAgo(cell) ? agoText(cell, call.now) : cell)),
    ...present({ conditions: conditions.length > 0 ? conditions : undefined }),
    object: shownOf(call, object, include),
  };
}

/** A row's JSON without its ages, which are filled in when the row is shown. */
type RowParts = (string | Ago)[];

/** The same row, in pieces. */
function rowParts(call: Printing, object: KubeObject, include: Include): RowParts {
  const { printer } = call.strategy;
  const conditions = printer.conditions?.(object) ?? [];
  const parts: RowParts = [];
  let text = '{"cells":[';
  for (const [index, cell] of printer.cells(object).entries()) {
    if (index > 0) text += ',';
    if (!isAgo(cell)) text += JSON.stringify(cell);
    else {
      parts.push(text, cell);
      text = '';
    }
  }
  const shown = JSON.stringify(shownOf(call, object, include));
  const listed = conditions.length > 0 ? `,"conditions":${JSON.stringify(conditions)}` : '';
  return [...parts, `${text}]${listed},"object":${shown}}`];
}

/** An object's row changes only with its version: rows are computed once for each object that the store keeps. */
const rows = new WeakMap<StoredText, Map<string, RowParts>>();

function rowText(call: Printing, stored: StoredText, include: Include): string {
  const known = rows.get(stored) ?? new Map<string, RowParts>();
  rows.set(stored, known);
  const form = `${call.resource.group} ${include} ${call.output.asVersion ?? ''}`;
  const parts = known.get(form) ?? rowParts(call, JSON.parse(stored.json()) as KubeObject, include);
  known.set(form, parts);
  let text = '';
  for (const part of parts)
    text += typeof part === 'string' ? part : JSON.stringify(agoText(part, call.now));
  return text;
}

/** The JSON of a Table of stored objects, with the same content as `toTable`. */
export function tableText(
  call: Printing,
  stored: readonly StoredText[],
  metadata: unknown,
  include: Include,
): string {
  const head = JSON.stringify(toTable(call, [], metadata, include));
  return `${head.slice(0, -2)}${stored.map((one) => rowText(call, one, include)).join(',')}]}`;
}

/** A Table of the objects; watches send the columns only in their first event. */
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
