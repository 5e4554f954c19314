// JSON texts: parsing with Go's error messages, and finding duplicate fields.
import type { Json } from '../../ports/json.ts';

/** The text is not valid JSON or YAML, or exceeds a limit; the message is Go's. */
export class ParseError extends Error {
  override readonly name = 'ParseError';
}

/** The nesting depth that Go's decoder accepts. No kind is as deep: anything deeper than its kind is dropped as unknown. */
const MAX_DEPTH = 10_000;
/** The depth of a patch and its result, which are processed before unknown fields are dropped: a JavaScript stack is safe up to here. */
export const MAX_PATCH_DEPTH = 1000;
/** The depth of a value that is stored as it came (a set of fields): no kind is as deep, and the YAML printer's stack overflows early. */
export const MAX_KEPT_DEPTH = 100;
/** The most findings that an answer lists. */
export const MAX_FINDINGS = 100;

/** Go's message for an invalid JSON text. */
function jsonProblem(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') return 'unexpected end of JSON input';
  const bad = firstBadCharacter(text);
  if (bad === undefined) return 'unexpected end of JSON input';
  return `invalid character '${bad === '\n' ? '\\n' : bad}' looking for beginning of value`;
}

/** The place of the fault by V8; undefined where the text just ends. */
function firstBadCharacter(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    if (message.includes('end of JSON input') || message.includes('Unterminated')) return undefined;
    const position = /position (\d+)/.exec(message)?.[1];
    if (position !== undefined && Number(position) >= text.trimEnd().length) return undefined;
    return (
      /Unexpected token '?(.)'?/s.exec(message)?.[1] ??
      (position === undefined ? text.trim()[0] : text[Number(position)])
    );
  }
}

/** The text's value; throws ParseError. */
export const parseJson = (text: string, maxDepth = MAX_DEPTH): Json =>
  parseCounted(text, maxDepth).value;

/** The text's value, and how many fields the text has, duplicates included; throws ParseError. */
export function parseCounted(text: string, maxDepth = MAX_DEPTH): { value: Json; fields: number } {
  const fields = fieldsIn(text, maxDepth);
  if (fields === undefined) throw new ParseError('exceeded max depth');
  try {
    return { value: JSON.parse(text) as Json, fields };
  } catch (error) {
    throw new ParseError(jsonProblem(text), { cause: error });
  }
}

/** The number of fields in a JSON text; undefined if it is nested too deeply. */
function fieldsIn(text: string, maxDepth: number): number | undefined {
  let depth = 0;
  let fields = 0;
  let inText = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH && inText) at++;
    else if (code === QUOTE) inText = !inText;
    else if (inText) continue;
    else if (code === COLON) fields++;
    else if (code === OPEN_LIST || code === OPEN_MAP) {
      if (++depth > maxDepth) return undefined;
    } else if (code === CLOSE_LIST || code === CLOSE_MAP) depth--;
  }
  return fields;
}

/** The number of fields in a value: less than in its text where that has duplicates. Computed without recursion. */
export function countFields(value: Json): number {
  let fields = 0;
  const left: Json[] = [value];
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    if (typeof node !== 'object' || node === null) continue;
    if (!Array.isArray(node)) fields += Object.keys(node).length;
    for (const member of Object.values(node))
      if (typeof member === 'object' && member !== null) left.push(member as Json);
  }
  return fields;
}

/** Whether lists and maps nest deeper than `levels`; computed without recursion. */
export function isDeeper(value: Json | undefined, levels: number): boolean {
  let level: (Json | undefined)[] = [value];
  for (let depth = 0; depth <= levels; depth++) {
    level = level.flatMap((node) =>
      typeof node === 'object' && node !== null ? Object.values(node) : [],
    );
    if (level.length === 0) return false;
  }
  return true;
}

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_MAP, CLOSE_MAP, COLON] = [
  0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d, 0x3a,
];

// An unrolled loop, so that a long text needs no memory per character.
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** The most characters shown of a path: each finding may hold the body's longest keys. */
const MAX_SHOWN = 10_000;
const cut = (path: string): string =>
  path.length > MAX_SHOWN ? `${path.slice(0, MAX_SHOWN)}...` : path;

interface Level {
  path: string;
  /** The keys seen so far; undefined in a list. */
  keys: Set<string> | undefined;
  index: number;
  key: string;
}

/** The paths of duplicate fields in a valid JSON text (`spec.nodeName`), in document order; at most MAX_FINDINGS. */
export function duplicateFields(text: string): string[] {
  const found: string[] = [];
  for (const { level, again } of keysOf(text))
    if (again && found.push(cut(pathOf(level))) >= MAX_FINDINGS) break;
  return found;
}

/** Longer paths of unknown fields come last: a body may have half a million keys, and each path is looked up. */
const MAX_ORDERED = 300;

/** The duplicate fields of a JSON text and its `unknown` ones as findings in document order: as they are found while Go decodes. */
export function findingsInOrder(text: string, unknown: readonly string[]): string[] {
  const found: string[] = [];
  const left = new Set(unknown);
  for (const { level, again } of keysOf(text)) {
    if (!again && level.path.length + level.key.length > MAX_ORDERED) continue;
    const path = cut(pathOf(level));
    if (again) found.push(`duplicate field "${path}"`);
    else if (left.delete(path)) found.push(`unknown field "${path}"`);
    if (found.length >= MAX_FINDINGS) return found;
  }
  return [...found, ...[...left].map((path) => `unknown field "${path}"`)];
}

/** Every key of a map, and whether the map had it before. A level is only valid until the next one. */
function* keysOf(text: string): Generator<{ level: Level; again: boolean }> {
  const levels: Level[] = [];
  let expectKey = false;
  for (const [token] of text.matchAll(TOKEN)) {
    const level = levels.at(-1);
    if (token === '{' || token === '[') {
      levels.push({
        path: level === undefined ? '' : pathOf(level),
        keys: token === '{' ? new Set() : undefined,
        index: 0,
        key: '',
      });
      expectKey = token === '{';
    } else if (token === '}' || token === ']') {
      levels.pop();
      expectKey = false;
    } else if (token === ',' && level !== undefined) {
      level.index++;
      expectKey = level.keys !== undefined;
    } else if (token === ':') {
      expectKey = false;
    } else if (expectKey && level?.keys !== undefined) {
      level.key = JSON.parse(token) as string;
      yield { level, again: level.keys.has(level.key) };
      level.keys.add(level.key);
    }
  }
}

const pathOf = ({ path, keys, index, key }: Level): string =>
  keys === undefined ? `${path}[${index}]` : path === '' ? key : `${path}.${key}`;
