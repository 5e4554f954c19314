// Every list and map of a kind, filled: the places where a body of that kind can be long.
import { kindShape, type ObjectShape, type Shape } from '../../src/kinds/shapes.ts';

export interface LongPlace {
  /** Members down to it; an array has one element on the way. */
  path: string[];
  of: Shape;
  isMap: boolean;
  /** The type that has it as a member. */
  holder: Shape;
}

/** The places; recursion ends at a type that contains itself. */
export function longPlaces(group: string, kind: string, version?: string): LongPlace[] {
  const places: LongPlace[] = [];
  const visit = (shape: Shape, path: string[], above: readonly Shape[]): void => {
    if (above.includes(shape)) return;
    if (shape.type === 'object') {
      for (const [name, field] of shape.fields)
        visit(field.shape, [...path, name], [...above, shape]);
    } else if (shape.type === 'list' || shape.type === 'map') {
      const holder = above.at(-1) ?? shape;
      places.push({ path, of: shape.of, isMap: shape.type === 'map', holder });
      visit(shape.of, [...path, '0'], above);
    }
  };
  visit(kindShape(group, kind, version), [], []);
  return places;
}

/** A filter that passes each type's member once: whatever follows the types does the same work wherever a type occurs. */
export function onePerType(): (place: LongPlace) => boolean {
  const seen = new Map<Shape, Set<string>>();
  return ({ holder, path }) => {
    const members = seen.get(holder) ?? new Set();
    seen.set(holder, members);
    const member = path.slice(path.findLastIndex((name) => name !== '0')).join('.');
    return !members.has(member) && members.add(member) !== undefined;
  };
}

/** A value of a shape by its number; equal numbers make equal values. */
export function valueOf(shape: Shape, number: number, depth = 0): unknown {
  switch (shape.type) {
    case 'object':
      return Object.fromEntries(
        [...shape.fields].flatMap(([name, { shape: inner }]) =>
          isLeaf(inner) || (depth === 0 && inner.type === 'list' && isLeaf(inner.of))
            ? [[name, valueOf(inner, number, depth + 1)]]
            : [],
        ),
      );
    case 'list':
      return [valueOf(shape.of, number, depth + 1)];
    case 'map':
      return {};
    case 'boolean':
      return false;
    case 'int32':
    case 'int64':
    case 'double':
      return (number % 60_000) + 1;
    case 'quantity':
      return '1';
    case 'time':
    case 'microTime':
      return '2026-01-01T00:00:00Z';
    case 'intOrString':
      return (number % 60_000) + 1;
    case 'bytes':
      return 'YQ==';
    case 'any':
      return {};
    default:
      return `a${number}`;
  }
}

const isLeaf = (shape: Shape): boolean => !['object', 'list', 'map', 'any'].includes(shape.type);

type Values = Record<string, unknown>;

/** A copy of the object with the place filled by `count` values. */
export function filled(
  base: object,
  shape: ObjectShape,
  { path, of, isMap }: LongPlace,
  count: number,
  distinct: boolean,
): object {
  const object = structuredClone(base) as Values;
  let at: Values = object;
  let shapeAt: Shape = shape;
  for (const [index, name] of path.entries()) {
    const inner: Shape =
      shapeAt.type === 'object'
        ? shapeAt.fields.get(name)!.shape
        : shapeAt.type === 'list' || shapeAt.type === 'map'
          ? shapeAt.of
          : shapeAt;
    if (index === path.length - 1) {
      const values = Array.from({ length: count }, (_, number) =>
        valueOf(of, distinct ? number : 0),
      );
      at[name] = isMap
        ? Object.fromEntries(
            values.map((value, number) => [`a${distinct ? number : number % 7}`, value]),
          )
        : values;
    } else {
      at[name] ??=
        inner.type === 'list'
          ? [valueOf(inner.of, 0)]
          : inner.type === 'map'
            ? { 0: valueOf(inner.of, 0) }
            : {};
      at = at[name] as Values;
      shapeAt = inner;
    }
  }
  return object;
}

/** Annotations by the number. */
export const annotated = (count: number, value: string | null): Record<string, string | null> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`a${index}`, value]));
