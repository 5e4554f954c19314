// JSON texts: parsing with Go's words for what is wrong, and finding fields that stand twice.
import type { Json } from '../../ports.ts';

/** Go's message for a text that is no JSON. */
export function jsonProblem(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') return 'unexpected end of JSON input';
  const bad = firstBadCharacter(text);
  if (bad === undefined) return 'unexpected end of JSON input';
  return `invalid character '${bad === '\n' ? '\\n' : bad}' looking for beginning of value`;
}

/** Where V8 found the fault; undefined: the text just ends. */
function firstBadCharacter(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    if (message.includes('end of JSON input') || message.includes('Unterminated')) return undefined;
    const position = /position (\d+)/.exec(message)?.[1];
    if (position !== undefined && Number(position) >= text.trimEnd().length) return undefined;
    return /Unexpected token '?(.)'?/s.exec(message)?.[1] ?? (position === undefined ? text.trim()[0] : text[Number(position)]);
  }
}

/** Parses; undefined where the text is no JSON. */
export function parseJson(text: string): { value: Json } | undefined {
  try {
    return { value: JSON.parse(text) as Json };
  } catch {
    return undefined;
  }
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

interface Level {
  path: string;
  /** Keys seen; undefined in a list. */
  keys: Set<string> | undefined;
  index: number;
  key: string;
}

/** Paths of fields that stand twice in a valid JSON text (`spec.nodeName`), in document order. */
export function duplicateFields(text: string): string[] {
  const found: string[] = [];
  const levels: Level[] = [];
  let expectKey = false;
  for (const [token] of text.matchAll(TOKEN)) {
    const level = levels.at(-1);
    if (token === '{' || token === '[') {
      levels.push({ path: level === undefined ? '' : pathOf(level), keys: token === '{' ? new Set() : undefined, index: 0, key: '' });
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
      if (level.keys.has(level.key)) found.push(pathOf(level));
      level.keys.add(level.key);
    }
  }
  return found;
}

const pathOf = ({ path, keys, index, key }: Level): string => (keys === undefined ? `${path}[${index}]` : path === '' ? key : `${path}.${key}`);
