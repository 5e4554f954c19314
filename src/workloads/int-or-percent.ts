// Numbers that may be given as a percentage of the replicas: 3 or "25%" (apimachinery `util/intstr`).
import type { FieldError } from '../errors.ts';
import { invalidValue, notNegative } from '../validation/field-errors.ts';

export type IntOrPercent = number | string;

const PERCENT = /^([0-9]+)%$/;
const PERCENT_TEXT =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

/** The problem of a negative value, or of a text that is no percentage. */
export function validateIntOrPercent(field: string, value: IntOrPercent): FieldError[] {
  if (typeof value === 'number') return notNegative(field, value);
  return PERCENT.test(value) ? [] : [invalidValue(field, value, PERCENT_TEXT)];
}

/** The problem of a percentage above 100. */
export const atMostWhole = (field: string, value: IntOrPercent): FieldError[] =>
  (percentOf(value) ?? 0) > 100
    ? [invalidValue(field, value, 'must not be greater than 100%')]
    : [];

const percentOf = (value: IntOrPercent): number | undefined => {
  const digits = typeof value === 'string' ? PERCENT.exec(value)?.[1] : undefined;
  return digits === undefined ? undefined : Number(digits);
};

/** The number itself; percentages do not count. */
export const plainValue = (value: IntOrPercent): number =>
  typeof value === 'number' ? value : (percentOf(value) ?? 0);

/** The value as a number of `whole`, a percentage rounded as requested; a text that is no percentage is 0. */
export function shareOf(value: IntOrPercent, whole: number, round: 'up' | 'down'): number {
  if (typeof value === 'number') return value;
  const share = ((percentOf(value) ?? 0) * whole) / 100;
  return round === 'up' ? Math.ceil(share) : Math.floor(share);
}
