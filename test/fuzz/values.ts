// Values that programs trip over, and ways to spoil what was whole: wrong types, extremes, names of Object.prototype, bits and bytes.
import type { Chance } from '../simulation/random.ts';

export type Value = null | boolean | number | string | Value[] | { [key: string]: Value };

/** Names that every JavaScript object answers to. */
export const PROTOTYPE_NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'isPrototypeOf',
  '__defineGetter__',
];

export const INTEGERS = [
  0,
  -1,
  1,
  7,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31) - 1,
  65_535,
  65_536,
  2 ** 53 - 1,
  2 ** 53,
  8.64e15,
  -8.64e15,
  8_640_000_000_001,
  2 ** 63,
  -(2 ** 63),
  1e308,
  1.5,
  -0.5,
];

export const TEXTS = [
  '',
  ' ',
  'a',
  'A',
  '-',
  '.',
  '..',
  '/',
  '*',
  '0',
  '-1',
  '1e3',
  '0x10',
  '1Gi',
  '9'.repeat(400),
  '1e-400',
  '1e999',
  'true',
  'null',
  'NaN',
  'Infinity',
  'a'.repeat(63),
  'a'.repeat(64),
  'a'.repeat(253),
  'a'.repeat(254),
  'A'.repeat(5_000),
  'é',
  '🎉',
  '\u0000',
  '\u0001',
  '\ud800',
  '\u202e',
  '\u2028',
  '\n',
  'a\nb',
  '\r\n',
  '\u001b[31m',
  'a.b/c',
  'a/b/c',
  '../../etc/passwd',
  '/proc/1/environ',
  '%s%n',
  '%00',
  '%zz',
  '$(A)',
  '$(A',
  '$$(A)',
  '{{x}}',
  '${jndi:x}',
  '<!--',
  "' or 1=1 --",
  'localhost',
  '127.0.0.1',
  '::1',
  '[::1',
  '1.2.3.4.5',
  '999.1.1.1',
  'http://[',
  'x:y@z',
  '2020-01-01T00:00:00Z',
  '2020-01-01T00:00:00.000000Z',
  '0000-00-00T00:00:00Z',
  '9999-12-31T23:59:60Z',
  '+275760-09-13T00:00:00.001Z',
  '-271821-04-20T00:00:00Z',
  'AAAA',
  '!!!!',
  'Always',
  'Never',
  'In',
  'Exists',
  'TCP',
  'Exact',
  'delete',
  'replace',
  'Orphan',
  ...PROTOTYPE_NAMES,
];

const deep = (depth: number): Value =>
  Array.from({ length: depth }).reduce<Value>(
    (inner, _, index) => (index % 2 === 0 ? [inner] : { a: inner }),
    1,
  );

/** A value of any type, mostly one that hurts. */
export function hostileValue(chance: Chance): Value {
  switch (chance.below(10)) {
    case 0:
      return chance.pick<Value>([
        null,
        true,
        false,
        [],
        {},
        [[]],
        [null],
        { a: null },
        { '': '' },
        [1, 'a', {}],
        'AAAA',
      ]);
    case 1:
      return own(chance.pick(PROTOTYPE_NAMES), chance.pick<Value>([1, 'x', { x: 1 }, null, []]));
    case 2:
      return deep(chance.pick([5, 50, 300]));
    case 3:
      return Array.from({ length: chance.pick([2, 60, 500]) }, () =>
        chance.pick<Value>(['a', 1, null]),
      );
    case 4:
      return Object.fromEntries(
        Array.from({ length: chance.pick([2, 60, 500]) }, (_, index) => [`k${index}`, 'v']),
      );
    case 5:
    case 6:
      return chance.pick(INTEGERS);
    default:
      return chance.pick(TEXTS);
  }
}

/** An object with an own property of that name, whatever the name is. */
export function own(name: string, value: Value): { [key: string]: Value } {
  const object: { [key: string]: Value } = {};
  Object.defineProperty(object, name, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
  return object;
}

interface Place {
  holder: Value[] | { [key: string]: Value };
  key: string;
}

/** Every place in a value that holds another, outermost first. */
export function placesOf(value: Value): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value;
  return Object.keys(holder).flatMap((key) => [
    { holder, key },
    ...placesOf(read({ holder, key })),
  ]);
}

/** Paths as JSON pointers. */
export function pointersOf(value: Value, before = ''): string[] {
  if (typeof value !== 'object' || value === null) return [before];
  return [
    before,
    ...Object.entries(value).flatMap(([key, inner]) =>
      pointersOf(inner, `${before}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
    ),
  ];
}

const read = ({ holder, key }: Place): Value =>
  (Array.isArray(holder) ? holder[Number(key)] : holder[key]) ?? null;

function write({ holder, key }: Place, value: Value): void {
  Object.defineProperty(holder, key, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}

/** A copy with `times` places spoilt; 0 leaves it whole. */
export function spoilt<T extends Value>(
  value: T,
  chance: Chance,
  times = chance.pick([0, 1, 1, 1, 2, 3, 6]),
): Value {
  const copy = structuredClone<Value>(value);
  for (let time = 0; time < times; time++) {
    const places = placesOf(copy);
    if (places.length === 0) return hostileValue(chance);
    spoilAt(chance.pick(places), chance, places);
  }
  return copy;
}

function spoilAt(place: Place, chance: Chance, all: Place[]): void {
  const { holder, key } = place;
  const now = read(place);
  const small = (value: Value): Value =>
    JSON.stringify(value).length < 5_000 ? structuredClone(value) : 1;
  switch (chance.below(9)) {
    case 0:
      return Array.isArray(holder) ? void holder.splice(Number(key), 1) : void delete holder[key];
    case 1:
      return Array.isArray(holder)
        ? void holder.push(small(now))
        : write(
            { holder, key: chance.pick([...TEXTS.slice(0, 8), ...PROTOTYPE_NAMES]) },
            small(now),
          );
    case 2:
      return write(place, [small(now)]);
    case 3:
      return write(place, { x: small(now) });
    case 4:
      return write(place, small(read(chance.pick(all))));
    default:
      return write(place, hostileValue(chance));
  }
}

/** Bytes that mean nothing. */
export const noise = (chance: Chance, length = chance.pick([0, 1, 5, 50, 500, 3_000])): Buffer =>
  Buffer.from(Array.from({ length }, () => chance.below(256)));

/** The bytes with some changed, lost, doubled or cut. */
export function flipped(bytes: Buffer, chance: Chance): Buffer {
  let changed = Buffer.from(bytes);
  for (let time = chance.pick([1, 1, 2, 5, 20]); time > 0 && changed.length > 0; time--) {
    const at = chance.below(changed.length);
    switch (chance.below(5)) {
      case 0:
        changed[at] = chance.below(256);
        break;
      case 1:
        changed[at] = (changed[at] ?? 0) ^ (1 << chance.below(8));
        break;
      case 2:
        changed = Buffer.concat([changed.subarray(0, at), changed.subarray(at + 1)]);
        break;
      case 3:
        changed = Buffer.concat([changed.subarray(0, at), noise(chance, 3), changed.subarray(at)]);
        break;
      default:
        if (chance.happens(0.3)) changed = changed.subarray(0, at);
    }
  }
  return changed;
}
