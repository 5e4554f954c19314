// The numbers that the scale subresource reads and writes in an object.
import type { FieldError } from '../errors.ts';
import type { ScalePaths } from '../kinds/custom-kind.ts';
import { isMap, own, setOwn } from '../own.ts';
import { invalidValue } from '../validation/field-errors.ts';
import { simplePath } from './json-path.ts';

const MAX_INT32 = 2 ** 31 - 1;

/** The value at a simple path; undefined where there is none. */
export function valueAt(object: unknown, path: string): unknown {
  let value = object;
  for (const name of simplePath(path) ?? []) value = isMap(value) ? own(value, name) : undefined;
  return value;
}

/** The object with a value at a simple path; missing maps on the way are created. */
export function withValueAt<T extends { [key: string]: unknown }>(
  object: T,
  path: string,
  value: unknown,
): T {
  const [name, ...rest] = simplePath(path) ?? [];
  if (name === undefined) return object;
  const copy: { [key: string]: unknown } = { ...object };
  const inner = own(object, name);
  const below = rest.map((part) => `.${part.replaceAll('.', '\\.')}`).join('');
  setOwn(
    copy,
    name,
    rest.length === 0 ? value : withValueAt(isMap(inner) ? inner : {}, below, value),
  );
  return copy as T;
}

/** Problems of the replicas in an object of a scalable kind. */
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
