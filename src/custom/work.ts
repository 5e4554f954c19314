// A limit on the work for one object: clients write schemas, patterns and objects, and their sizes multiply.
import type { FieldError } from '../errors.ts';

const MAX_STEPS = 5_000_000;
/** A pattern's cost grows with its length and with that of the text. */
const SIGNS_PER_STEP = 64;

export interface Work {
  left: number;
}

/** The budget of one request. */
export const startWork = (): Work => ({ left: MAX_STEPS });

/** Takes steps; false: the budget is used up, and the caller stops. */
export function step(work: Work, steps = 1): boolean {
  work.left -= steps;
  return work.left >= 0;
}

/** Steps of one pattern search. */
export const patternSteps = (pattern: string, text: string): number =>
  1 + Math.ceil((pattern.length * text.length) / SIGNS_PER_STEP);

/** The problem of an object whose validation was abandoned; otherwise none. */
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
