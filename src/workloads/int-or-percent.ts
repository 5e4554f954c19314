// Numbers that may be given as a share of the replicas: 3 or "25%" (apimachinery `util/intstr`).
import type { FieldError } from '../errors.ts';
import { invalidValue, notNegative } from '../validation/field-errors.ts';

export type IntOrPercent = number | string;

const PERCENT = /^([0-9]+)%$/;
const PERCENT_TEXT =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

/** Nothing, or a problem where the value is negative or a text that is no percentage. */
export function validateIntOrPercent(field: string, value: IntOrPercent): FieldError[] {
  if (typeof value === 'number') return notNegative(field, value);
  return PERCENT.test(value) ? [] : [invalidValue(field, value, PERCENT_TEXT)];
}

/** Nothing, or a problem where a percentage exceeds the whole. */
export const atMostWhole = (field: string, value: IntOrPercent): FieldError[] =>
  (percentOf(value) ?? 0) > 100
    ? [invalidValue(field, value, 'must not be greater than 100%')]
    : [];

const percentOf = (value: IntOrPercent): number | undefined => {
  const digits = typeof value === 'string' ? PERCENT.exec(value)?.[1] : undefined;
  return digits === undefined ? undefined : Number(digits);
};

/** The number itself, of whatever whole it may be a share. */
export const plainValue = (value: IntOrPercent): number =>
  typeof value === 'number' ? value : (percentOf(value) ?? 0);

/** The value as a number of `whole`, a share rounded as said; a text that is no percentage is nothing. */
export function shareOf(value: IntOrPercent, whole: number, round: 'up' | 'down'): number {
  if (typeof value === 'number') return value;
  const share = ((percentOf(value) ?? 0) * whole) / 100;
  return round === 'up' ? Math.ceil(share) : Math.floor(share);
}
