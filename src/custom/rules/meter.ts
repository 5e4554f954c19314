// A cost limit for evaluations, counted and not timed, so that the same rule on the same object always has the same result.
// Clients write rules, and nested macros, texts and lists multiply the work.

/** The limits of one rule call, and of all rules on one object. A unit is about one step of the evaluator. */
const CALL_LIMIT = 1_000_000;
export const OBJECT_LIMIT = 5_000_000;

const SIGNS_PER_UNIT = 32;
const ELEMENTS_PER_UNIT = 8;

/** The evaluation exceeds its cost limit. */
export class CostExceeded extends Error {
  override readonly name = 'CostExceeded';
}

let left = 0;

/** Charges units to the running evaluation; throws CostExceeded when none are left. */
export function charge(units: number): void {
  left -= units;
  if (left < 0) throw new CostExceeded('operation cancelled: actual cost limit exceeded');
}

const deepSizes = new WeakMap<object, number>();

/** Elements at any depth; cached, since values do not change while rules run. */
function deepSize(value: unknown): number {
  if (typeof value === 'string') return 1 + Math.floor(value.length / SIGNS_PER_UNIT);
  if (typeof value !== 'object' || value === null) return 1;
  const known = deepSizes.get(value);
  if (known !== undefined) return known;
  let size = 1;
  for (const member of Object.values(value)) size += deepSize(member);
  deepSizes.set(value, size);
  return size;
}

/** Charges the cost of reading a value: `whole` when every part of it is compared. */
export function chargeValue(value: unknown, whole: boolean): void {
  if (typeof value === 'string') charge(Math.floor(value.length / SIGNS_PER_UNIT));
  else if (whole) charge(deepSize(value));
  else if (Array.isArray(value)) charge(Math.floor(value.length / ELEMENTS_PER_UNIT));
}

/** Runs an evaluation with the object's remaining budget; returns its result and its cost. Evaluations do not nest. */
export function metered<T>(budget: number, run: () => T): { value: T; cost: number } {
  const begun = Math.min(CALL_LIMIT, budget);
  left = begun;
  const value = run();
  // The evaluation may have caught its own CostExceeded (`||`, `all`).
  if (left < 0) throw new CostExceeded('operation cancelled: actual cost limit exceeded');
  return { value, cost: begun - left };
}
