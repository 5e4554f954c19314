// Step Functions' own JSONata functions, and replacements for JSONata's that would read the real clock or randomness.
import { createHash } from 'node:crypto';
import jsonata from 'jsonata';
import type { Json } from './json.ts';
import type { Clock } from '../../src/ports/clock.ts';

type Functions = {
  [name: string]: Parameters<jsonata.Expression['registerFunction']>[1] | undefined;
};

const ALGORITHMS = ['MD5', 'SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'];
/** The largest array that AWS's $range makes. */
const MAX_RANGE = 1000;

/** The functions to bind before an expression runs; `eval` is disabled because AWS does not offer it. */
export function stateFunctions({
  clock,
  random,
  uuid,
}: {
  clock: Clock;
  random: () => number;
  uuid: () => string;
}): Functions {
  const fromMillis = jsonata('$fromMillis($ms, $picture, $zone)');
  return {
    partition,
    range,
    hash,
    parse,
    uuid: () => uuid(),
    random: (seed?: number) => (seed === undefined ? random() : seeded(seed)),
    shuffle: (values: Json[]) => shuffle(values, random),
    millis: () => clock.now().getTime(),
    now: (picture?: string, zone?: string) =>
      fromMillis.evaluate({}, { ms: clock.now().getTime(), picture, zone }),
    eval: undefined,
  };
}

function partition(values: Json[], size: number): Json[][] {
  if (!Array.isArray(values)) throw new Error('$partition: the first argument must be an array');
  const step = Math.trunc(size);
  if (!(step > 0)) throw new Error('$partition: the size must be a positive number');
  return Array.from({ length: Math.ceil(values.length / step) }, (_, index) =>
    values.slice(index * step, (index + 1) * step),
  );
}

/** A JSONata sequence, as AWS returns it: a single value unwrapped, an empty one as undefined. */
function range(first: number, last: number, step: number): number[] | number | undefined {
  if (![first, last, step].every((value) => Number.isFinite(value)))
    throw new Error('$range: all three arguments must be numbers');
  if (step === 0) throw new Error('$range: the step must not be 0');
  const length = Math.max(0, Math.floor((last - first) / step) + 1);
  if (length > MAX_RANGE) throw new Error(`$range: more than ${MAX_RANGE} values`);
  return length === 0
    ? undefined
    : length === 1
      ? first
      : Array.from({ length }, (_, index) => first + index * step);
}

function hash(text: unknown, algorithm: string): string {
  if (!ALGORITHMS.includes(algorithm))
    throw new Error(`$hash: the algorithm must be one of ${ALGORITHMS.join(', ')}`);
  const bytes = typeof text === 'string' ? text : JSON.stringify(text);
  return createHash(algorithm.replace('-', '').toLowerCase()).update(bytes).digest('hex');
}

function parse(text: string): unknown {
  if (typeof text !== 'string') throw new Error('$parse: the argument must be a string');
  return JSON.parse(text);
}

/** The same seed gives the same number, as AWS promises; the number itself differs from AWS's. */
function seeded(seed: number): number {
  return createHash('sha256').update(String(seed)).digest().readUInt32BE(0) / 2 ** 32;
}

function shuffle(values: readonly Json[], random: () => number): Json[] {
  const shuffled = [...values];
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [shuffled[last], shuffled[other]] = [shuffled[other] ?? null, shuffled[last] ?? null];
  }
  return shuffled;
}
