// Regular expressions of schemas and rules. Clients write them, so the engine's time grows only linearly with the text (Go's RE2, whose
// syntax kube-apiserver uses too).
import { createRequire } from 'node:module';
import type * as Re2 from 're2js';

const load = createRequire(import.meta.url);
let engine: typeof Re2 | undefined;
/** Loaded with the first pattern: most processes meet none. */
const re2 = (): typeof Re2 => (engine ??= load('re2js') as typeof Re2);

/** The longest pattern to compile: an automaton needs memory in proportion to it. */
const MAX_PATTERN = 10_000;
const KEPT = 500;

const compiled = new Map<string, Re2.RE2JS | Error>();

function compile(pattern: string): Re2.RE2JS | Error {
  if (pattern.length > MAX_PATTERN)
    return new Error(`error parsing regexp: expression too large: ${pattern.length} characters`);
  try {
    return re2().RE2JS.compile(pattern);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function known(pattern: string): Re2.RE2JS | Error {
  const found = compiled.get(pattern);
  if (found !== undefined) return found;
  const made = compile(pattern);
  if (compiled.size >= KEPT) compiled.clear();
  compiled.set(pattern, made);
  return made;
}

/** Why the pattern cannot be compiled; undefined: it can. */
export function patternProblem(pattern: string): string | undefined {
  const found = known(pattern);
  return found instanceof Error ? found.message : undefined;
}

/** Whether the pattern occurs anywhere in the text; false if it cannot be compiled. */
export function findsPattern(pattern: string, text: string): boolean {
  const found = known(pattern);
  return found instanceof Error ? false : found.matcher(text).find();
}

/** The matches of the pattern in the text, at most `most` (negative: all); none if it cannot be compiled. */
export function findAll(pattern: string, text: string, most: number): string[] {
  const found = known(pattern);
  if (found instanceof Error) throw found;
  const matcher = found.matcher(text);
  const all: string[] = [];
  while ((most < 0 || all.length < most) && matcher.find()) all.push(matcher.group() ?? '');
  return all;
}
