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

interface Template {
  parsed: unknown;
  hollow: Map<unknown, string>;
}

/** `parse` that parses an expression once per text and types of its values. */
export function cachedParse(parse: Parse): Parse {
  const templates = new Map<string, Template>();
  return (text, options) => {
    const { attrNames, attrVals = {}, unusedAttrVals } = options.context;
    if (attrNames !== undefined || BY_CONTENT.test(text)) return parse(text, options);
    const key = `${text}\n${typesOf(attrVals)}`;
    const template = templates.get(key) ?? templateOf(parse, text, options.context);
    if (template === undefined) return parse(text, options);
    if (templates.size >= MOST_KEPT) templates.clear();
    templates.set(key, template);
    for (const name of template.hollow.values()) delete unusedAttrVals[name];
    return fill(template.parsed, template.hollow, attrVals);
  };
}

const typesOf = (values: Item): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${Object.keys(value ?? {}).join()}`)
    .join('\n');

/** undefined: the parser refuses the expression, and its own words are the answer. */
function templateOf(parse: Parse, text: string, context: ParseContext): Template | undefined {
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
    return {
      parsed,
      hollow: new Map(
        values
          .filter(([name]) => own(unusedAttrVals, name) === undefined)
          .map(([name, value]) => [value, name]),
      ),
    };
  } catch {
    return undefined;
  }
}

/** A copy: dynalite's actions may keep and change what they are given. */
function fill(node: unknown, hollow: Template['hollow'], values: Item): unknown {
  if (typeof node !== 'object' || node === null) return node;
  const name = hollow.get(node);
  if (name !== undefined) return own(values, name);
  if (Array.isArray(node)) return node.map((member) => fill(member, hollow, values));
  const copy: Record<string, unknown> = Object.create(null);
  for (const [key, member] of Object.entries(node)) setOwn(copy, key, fill(member, hollow, values));
  return copy;
}
