// Quantities: parsing, the canonical text, comparison and rounding (api/resource/quantity.go).
import { describe, expect, it } from 'vitest';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  divideQuantities,
  milliUnits,
  parseQuantity,
  printQuantity,
  wholeUnits,
} from '../../../src/pod/model/quantity.ts';

describe('quantities', () => {
  it.each([
    ['0.5', '500m'],
    ['1000m', '1'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['1000000', '1M'],
    ['1024Ki', '1Mi'],
    ['0.1Gi', '107374182400m'],
    ['1e3', '1e3'],
    ['12E3', '12e3'],
    ['1E', '1E'],
    ['0', '0'],
    ['-1', '-1'],
    ['.5', '500m'],
    ['5.', '5'],
    ['100Ki', '100Ki'],
    ['512', '512'],
    ['1Ki', '1Ki'],
    ['1000', '1k'],
  ])('%s is printed as %s', (text, canonical) => expect(canonicalQuantity(text)).toBe(canonical));

  it.each([
    ['0.1m', '1m'],
    ['1500u', '2m'],
    ['-0.1m', '-1m'],
  ])('in a resource list %s is rounded up to %s', (text, canonical) =>
    expect(canonicalQuantity(text, { milli: true })).toBe(canonical),
  );

  it.each(['', 'lots', '1Zi', '1 Gi', '--1', 'e3', '1mi', '0x10'])('%j is no quantity', (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  });

  it.each(['1e999999999', '1e30', '9'.repeat(60)])('%s is capped at 63 bits', (text) =>
    expect(wholeUnits(text)).toBe(Number(9223372036854775807n)),
  );

  it.each([
    ['1', '1000m', 0],
    ['1Gi', '1G', 1],
    ['500m', '1', -1],
    ['1e3', '1k', 0],
  ])('%s against %s: %i', (left, right, order) => {
    const [first, second] = [parseQuantity(left), parseQuantity(right)];
    expect(first && second && Math.sign(compareQuantities(first, second))).toBe(order);
  });

  it('adds exactly and keeps the format of the first', () =>
    expect(printQuantity(addQuantities(parseQuantity('1Gi')!, parseQuantity('512Mi')!))).toBe(
      '1536Mi',
    ));

  it('H4: divides by a divisor and rounds up', () => {
    expect(divideQuantities(parseQuantity('125m')!, parseQuantity('1')!)).toBe(1n);
    expect(divideQuantities(parseQuantity('32Mi')!, parseQuantity('1')!)).toBe(33554432n);
    expect(milliUnits('0.25')).toBe(250);
  });
});
