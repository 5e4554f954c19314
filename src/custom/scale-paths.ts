// The numbers that the scale subresource reads and writes in an object.
import type { FieldError } from '../errors.ts';
import type { ScalePaths } from '../kinds/custom-kind.ts';
import { isMap, own } from '../own.ts';
import { invalidValue } from '../validation/field-errors.ts';
import { simplePath } from './json-path.ts';

const MAX_INT32 = 2 ** 31 - 1;

/** The value at a simple path; undefined where there is none. */
export function valueAt(object: unknown, path: string): unknown {
  let value = object;
  for (const name of simplePath(path) ?? []) value = isMap(value) ? own(value, name) : undefined;
  return value;
}

/** Problems of the replicas in an object of a kind that scales. */
export function scaleProblems(scale: ScalePaths | undefined, object: unknown): FieldError[] {
  if (scale === undefined) return [];
  return [scale.specReplicasPath, scale.statusReplicasPath].flatMap((path) => {
    const value = valueAt(object, path) ?? 0;
    if (typeof value !== 'number')
      return [invalidValue(path, 0, `${path}: accessor error: the value is not an integer`)];
    if (value < 0) return [invalidValue(path, value, 'should be a non-negative integer')];
    return value > MAX_INT32
      ? [invalidValue(path, value, `should be less than or equal to ${MAX_INT32}`)]
      : [];
  });
}
