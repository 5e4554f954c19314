// Caches parsed expressions: dynalite parses one again at every request, and a program has few expressions and many requests.
// Its parsers put the request's values into what they return, so cached expressions hold placeholders, which each request fills.
import { own, setOwn } from '../../../src/own.ts';
import type { Item } from './dynalite.ts';

/** What dynalite hands to its parsers; the parser takes the names it meets out of `unusedAttrVals`. */
export interface ParseContext {
  attrNames?: { [name: string]: string } | undefined;
  attrVals?: Item | undefined;
  unusedAttrVals: { [name: string]: boolean };
  isReserved(name: string): boolean;
  compare(comparison: string, value: unknown, other: unknown): boolean;
}

/** A parser of dynalite: the parsed expression, or AWS's words as a string or a throw. */
export type Parse = (text: string, options: { context: ParseContext }) => unknown;

/** Whether these are valid depends on the content of their values, not only on the types. */
const BY_CONTENT = /between|attribute_type/i;

const MOST_KEPT = 500;

/** Makes a part of a parsed expression for a request's values. */
type Fill = (values: Item) => unknown;

interface Template {
  fill: Fill;
  /** The values that the expression uses. */
  used: string[];
}

/**
 * `parse` that parses an expression once per text and types of its values. `changed`: dynalite's actions change what they are given, so
 * that every request gets a copy of its own; otherwise requests share what holds no value.
 */
export function cachedParse(parse: Parse, { changed }: { changed: boolean }): Parse {
  const templates = new Map<string, Template>();
  return (text, options) => {
    const { attrNames, attrVals = {}, unusedAttrVals } = options.context;
    if (attrNames !== undefined || BY_CONTENT.test(text)) return parse(text, options);
    // No name of a value has a NUL, so that no text can pass for another's values.
    const key = `${typesOf(attrVals)}\u0000${text}`;
    let template = templates.get(key);
    if (template === undefined) {
      template = templateOf(parse, text, options.context, changed);
      if (template === undefined) return parse(text, options);
      if (templates.size >= MOST_KEPT) templates.clear();
      templates.set(key, template);
    }
    for (const name of template.used) delete unusedAttrVals[name];
    return template.fill(attrVals);
  };
}

function typesOf(values: Item): string {
  let types = '';
  for (const name of Object.keys(values))
    types += `${name} ${Object.keys(own(values, name) ?? {}).join()}\n`;
  return types;
}

/** undefined: the parser refuses the expression, and its own words are the answer. */
function templateOf(
  parse: Parse,
  text: string,
  context: ParseContext,
  changed: boolean,
): Template | undefined {
  const values = Object.entries(context.attrVals ?? {}).map(
    ([name, value]) =>
      [name, Object.fromEntries(Object.keys(value ?? {}).map((type) => [type, '']))] as const,
  );
  const unusedAttrVals = { ...context.unusedAttrVals };
  try {
    const parsed = parse(text, {
      context: { ...context, attrVals: Object.fromEntries(values), unusedAttrVals },
    });
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    const hollow = new Map(
      values
        .filter(([name]) => own(unusedAttrVals, name) === undefined)
        .map(([name, value]): [unknown, string] => [value, name]),
    );
    return {
      fill: fillOf(parsed, hollow, changed) ?? (() => parsed),
      used: [...hollow.values()],
    };
  } catch {
    return undefined;
  }
}

/** undefined: the part is the same for all requests. */
function fillOf(part: unknown, hollow: Map<unknown, string>, changed: boolean): Fill | undefined {
  if (typeof part !== 'object' || part === null) return undefined;
  const value = hollow.get(part);
  if (value !== undefined) return (values) => own(values, value);
  const members: [string, Fill][] = [];
  for (const [name, member] of Object.entries(part)) {
    const fill = fillOf(member, hollow, changed);
    if (fill !== undefined) members.push([name, fill]);
  }
  if (members.length === 0 && !changed) {
    Object.freeze(part);
    return undefined;
  }
  return (values) => {
    const copy = Array.isArray(part) ? [...(part as unknown[])] : { ...part };
    for (const [name, fill] of members) setOwn(copy as Record<string, unknown>, name, fill(values));
    return copy;
  };
}
