// The parts of the field table: what a row can say of a field, and how one row names several fields.
import { present } from '../../present.ts';

/** `harmless` values request nothing that is missing here; without it these are the empty values (false, '', [] and {}). */
type Harmless = (value: unknown) => boolean;

export type Treatment =
  | { kind: 'implemented'; note?: string }
  | { kind: 'warned'; reason: string; harmless?: Harmless }
  | { kind: 'refused'; reason: string; docker: boolean; local: boolean; harmless?: Harmless };

export type Field = { path: string } & Treatment;

/** Served as in Kubernetes, or with the difference in the note. */
export const implemented = (note?: string): Treatment => ({
  kind: 'implemented',
  ...present({ note }),
});

/** Refused with 422; `local`: served in local mode; `docker`: possible there with --beyond-fargate. */
export const refused = (
  reason: string,
  options: { docker?: boolean; local?: boolean; harmless?: Harmless } = {},
): Treatment => ({ kind: 'refused', reason, docker: false, local: false, ...options });

/** Accepted with a Warning header. */
export const warned = (reason: string, options: { harmless?: Harmless } = {}): Treatment => ({
  kind: 'warned',
  reason,
  ...options,
});

/** Fields that are treated alike: paths are separated by blanks and `a.{b,c}` stands for `a.b a.c`. */
export interface Row {
  paths: string;
  treatment: Treatment;
}

/** A row as the tables write it. */
export const table = (paths: string, treatment: Treatment): Row => ({ paths, treatment });

/** One field per path. */
export const fieldsOf = (rows: readonly Row[]): Field[] =>
  rows.flatMap(({ paths, treatment }) =>
    paths
      .split(' ')
      .flatMap(expand)
      .map((path) => ({ path, ...treatment })),
  );

// Braces can be nested, so the choices are found by depth.
function expand(pattern: string): string[] {
  const open = pattern.indexOf('{');
  if (open < 0) return [pattern];
  const choices: string[] = [];
  let depth = 0;
  let start = open + 1;
  for (let at = open; at < pattern.length; at += 1) {
    const sign = pattern[at];
    if (sign === '{') depth += 1;
    if (sign === '}') depth -= 1;
    if ((sign === ',' && depth === 1) || depth === 0) {
      choices.push(pattern.slice(start, at));
      start = at + 1;
    }
    if (depth === 0)
      return choices.flatMap((choice) =>
        expand(`${pattern.slice(0, open)}${choice}${pattern.slice(at + 1)}`),
      );
  }
  return [pattern];
}
