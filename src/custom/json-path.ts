// The JSONPath of printer columns: kubectl's dialect without templates. Parsed once; each step visits a value at most once.
import { isMap, own } from '../own.ts';

type Step =
  | { member: string }
  | { index: number }
  | { slice: [from: number | undefined, to: number | undefined] }
  | { every: true }
  | { below: true }
  | { where: { path: Step[]; operator?: string; value?: unknown } };

/** A parsed path. */
export type JsonPath = readonly Step[];

const MAX_VALUES = 10_000;

class Reader {
  at = 0;
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }

  take(pattern: RegExp): RegExpExecArray | undefined {
    const sticky = new RegExp(pattern.source, 'y');
    sticky.lastIndex = this.at;
    const found = sticky.exec(this.text) ?? undefined;
    if (found) this.at += found[0].length;
    return found;
  }
}

const unquote = (text: string): string => text.slice(1, -1).replaceAll(/\\(.)/g, '$1');
const QUOTED = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/;

/** The value that a filter compares to. */
function literal(reader: Reader): { value: unknown } | undefined {
  const quoted = reader.take(QUOTED);
  if (quoted) return { value: unquote(quoted[0]) };
  const plain = reader.take(/-?\d+(?:\.\d+)?|true|false/);
  return plain && { value: JSON.parse(plain[0]) as unknown };
}

function filter(reader: Reader): Step | undefined {
  if (!reader.take(/@/)) return undefined;
  const path = steps(reader);
  // A recursive search inside a filter would multiply with each level.
  if (path === undefined || path.some((one) => 'below' in one)) return undefined;
  const operator = reader.take(/\s*(==|!=|<=|>=|<|>)\s*/)?.[1];
  if (operator === undefined) return reader.take(/\)\]/) && { where: { path } };
  const found = literal(reader);
  return found && reader.take(/\s*\)\]/) && { where: { path, operator, value: found.value } };
}

function bracket(reader: Reader): Step | undefined {
  if (reader.take(/\*\]/)) return { every: true };
  if (reader.take(/\?\(\s*/)) return filter(reader);
  const quoted = reader.take(QUOTED);
  if (quoted) return reader.take(/\]/) && { member: unquote(quoted[0]) };
  const slice = reader.take(/(-?\d*):(-?\d*)\]/);
  const bound = (text: string | undefined): number | undefined =>
    text === undefined || text === '' ? undefined : Number(text);
  if (slice) return { slice: [bound(slice[1]), bound(slice[2])] };
  const index = reader.take(/(-?\d+)\]/);
  return index && { index: Number(index[1]) };
}

/** Steps up to the first character that starts none; undefined when a step is malformed. */
function steps(reader: Reader): Step[] | undefined {
  const found: Step[] = [];
  for (;;) {
    if (reader.take(/\[/)) {
      const step = bracket(reader);
      if (step === undefined) return undefined;
      found.push(step);
    } else if (reader.take(/\.\./)) {
      found.push({ below: true });
      const name = member(reader);
      if (name !== undefined) found.push(name);
      else if (reader.text[reader.at] !== '[') return undefined;
    } else if (reader.take(/\.(?=\[)/)) continue;
    else if (reader.take(/\./)) {
      const name = member(reader);
      if (name !== undefined) found.push(name);
      else if (found.length > 0 || reader.at < reader.text.length) return undefined;
    } else return found;
  }
}

function member(reader: Reader): Step | undefined {
  if (reader.take(/\*/)) return { every: true };
  const name = reader.take(/(?:[^.[\]\\\s=!<>()@'",]|\\.)+/)?.[0];
  return name === undefined ? undefined : { member: name.replaceAll(/\\(.)/g, '$1') };
}

/** The path's steps; undefined for syntax that droppod does not support. */
export function parseJsonPath(text: string): JsonPath | undefined {
  const reader = new Reader(text.trim());
  const found = steps(reader);
  return found !== undefined && reader.at === reader.text.length ? found : undefined;
}

const children = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : isMap(value) ? Object.values(value) : [];

function descendants(value: unknown): unknown[] {
  const found: unknown[] = [];
  for (const open = [value]; open.length > 0 && found.length < MAX_VALUES;) {
    const next = open.pop();
    found.push(next);
    open.push(...children(next).reverse());
  }
  return found;
}

function compare(left: unknown, operator: string, right: unknown): boolean {
  if (operator === '==') return left === right;
  if (operator === '!=') return left !== right;
  if (typeof left !== typeof right || (typeof left !== 'number' && typeof left !== 'string'))
    return false;
  const [a, b] = [left as string, right as string];
  return operator === '<' ? a < b : operator === '<=' ? a <= b : operator === '>' ? a > b : a >= b;
}

function take(value: unknown, step: Step): unknown[] {
  if ('member' in step) {
    const found = isMap(value) ? own(value, step.member) : undefined;
    return found === undefined ? [] : [found];
  }
  if ('every' in step) return children(value);
  if ('below' in step) return descendants(value);
  if (!Array.isArray(value)) return [];
  if ('index' in step) {
    const found: unknown = value.at(step.index);
    return found === undefined ? [] : [found];
  }
  if ('slice' in step) return value.slice(...step.slice);
  const { path, operator, value: wanted } = step.where;
  return value.filter((item) => {
    const found = evaluate(path, item);
    return operator === undefined
      ? found.length > 0
      : found.some((one) => compare(one, operator, wanted));
  });
}

/** The values at the path, in document order; at most MAX_VALUES. */
export function evaluate(path: JsonPath, root: unknown): unknown[] {
  let values: unknown[] = [root];
  for (const step of path) {
    const next: unknown[] = [];
    for (const value of values) {
      next.push(...take(value, step).slice(0, MAX_VALUES - next.length));
      if (next.length >= MAX_VALUES) break;
    }
    values = next;
  }
  return values;
}

/** The members of a path without anything else (`.spec.replicas`); undefined for any other. */
export function simplePath(text: string): string[] | undefined {
  const path = parseJsonPath(text);
  const names = path?.flatMap((step) => ('member' in step ? [step.member] : []));
  return names !== undefined && names.length > 0 && names.length === path?.length
    ? names
    : undefined;
}
