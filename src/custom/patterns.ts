// Regular expressions of schemas and rules. Clients write them, so the engine is one whose time grows with the text alone
// (Go's RE2, which is also the syntax that kube-apiserver reads).
import { RE2JS } from 're2js';

/** The longest pattern that is compiled: an automaton needs memory in proportion to it. */
const MAX_PATTERN = 10_000;
const KEPT = 500;

const compiled = new Map<string, RE2JS | Error>();

function compile(pattern: string): RE2JS | Error {
  if (pattern.length > MAX_PATTERN)
    return new Error(`error parsing regexp: expression too large: ${pattern.length} characters`);
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function known(pattern: string): RE2JS | Error {
  const found = compiled.get(pattern);
  if (found !== undefined) return found;
  const made = compile(pattern);
  if (compiled.size >= KEPT) compiled.clear();
  compiled.set(pattern, made);
  return made;
}

/** Why the pattern cannot be compiled; undefined where it can. */
export function patternProblem(pattern: string): string | undefined {
  const found = known(pattern);
  return found instanceof Error ? found.message : undefined;
}

/** Whether the pattern is found anywhere in the text; false for a pattern that cannot be compiled. */
export function findsPattern(pattern: string, text: string): boolean {
  const found = known(pattern);
  return found instanceof Error ? false : found.matcher(text).find();
}

/** The matches of the pattern in the text, at most `most` (below zero: all); none for a pattern that cannot be compiled. */
export function findAll(pattern: string, text: string, most: number): string[] {
  const found = known(pattern);
  if (found instanceof Error) throw found;
  const matcher = found.matcher(text);
  const all: string[] = [];
  while ((most < 0 || all.length < most) && matcher.find()) all.push(matcher.group() ?? '');
  return all;
}
