// Fields that hold a number or an expression for one.
import type { ThreadRun } from './thread-run.ts';

/** The field's value; undefined where it is absent. Anything but a whole number of at least `min` fails the state. */
export async function wholeNumber(
  run: ThreadRun,
  template: number | string | undefined,
  field: string,
  min = 0,
): Promise<number | undefined> {
  if (template === undefined) return undefined;
  const value = await run.evaluate(template, field);
  if (typeof value !== 'number') {
    throw run.evaluationFailed(
      `The JSONata expression specified for the field '${field}' returned an unexpected result type. Expected 'number', but was '${typeName(value)}' for value: ${JSON.stringify(value)}`,
      field,
    );
  }
  if (!Number.isInteger(value) || value < min)
    throw run.evaluationFailed(
      `The ${field} field must be a whole number of at least ${min} but was: ${value}`,
      field,
    );
  return value;
}

/** A value's type by its JSON name. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
