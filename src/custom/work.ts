// A bound on the work that one object may cause: schemas, patterns and objects are all written by clients, and their sizes multiply.
import type { FieldError } from '../errors.ts';

const MAX_STEPS = 5_000_000;
/** A pattern's cost grows with its own length and the text's. */
const SIGNS_PER_STEP = 64;

export interface Work {
  left: number;
}

/** The budget of one request. */
export const startWork = (): Work => ({ left: MAX_STEPS });

/** Takes a step; false: the budget is used up, and the caller stops. */
export function step(work: Work, steps = 1): boolean {
  work.left -= steps;
  return work.left >= 0;
}

/** Steps of one search for a pattern. */
export const patternSteps = (pattern: string, text: string): number =>
  1 + Math.ceil((pattern.length * text.length) / SIGNS_PER_STEP);

/** The problem of an object whose check was given up; none where it was not. */
export const workProblems = ({ left }: Work): FieldError[] =>
  left >= 0
    ? []
    : [
        {
          field: '<nil>',
          reason: 'FieldValueInvalid',
          message:
            'Invalid value: "": the object was not checked to its end: its schema and its size together ask for more work than droppod gives one request',
        },
      ];
