// Kubernetes quantities (`500m`, `1Gi`): exact numbers with a suffix, printed in a canonical form.
import { remembered } from '../../remembered.ts';

/** An exact number `digits` × 10^`exponent` and the family of suffixes it was written in. */
export interface Quantity {
  readonly digits: bigint;
  readonly exponent: number;
  readonly format: 'decimalSI' | 'binarySI' | 'decimalExponent';
}

const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const BINARY = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const NANO = -9;
const MILLI = -3;

const tenTo = (power: number): bigint => 10n ** BigInt(power);

// Kubernetes caps values that do not fit 63 bits; the cap also keeps hostile exponents from costing time.
const LARGEST: Quantity = { digits: 9223372036854775807n, exponent: 0, format: 'decimalSI' };

function capped(quantity: Quantity): Quantity {
  const magnitude = String(quantity.digits).length + quantity.exponent;
  if (quantity.digits === 0n) return { ...quantity, exponent: 0 };
  if (magnitude > 25)
    return {
      ...LARGEST,
      digits: quantity.digits < 0n ? -LARGEST.digits : LARGEST.digits,
      format: quantity.format,
    };
  if (magnitude < NANO)
    return { ...quantity, digits: quantity.digits < 0n ? -1n : 1n, exponent: NANO };
  const rounded = roundUp(quantity, NANO);
  if (compareQuantities(abs(rounded), LARGEST) <= 0) return rounded;
  return {
    ...LARGEST,
    digits: rounded.digits < 0n ? -LARGEST.digits : LARGEST.digits,
    format: quantity.format,
  };
}

/** undefined: not a quantity. A number is read as its JSON text. */
export const parseQuantity = (text: string | number): Quantity | undefined =>
  parseText(String(text));

const parseText = remembered((text: string): Quantity | undefined => {
  const parts = /^([+-]?)(\d*)(?:\.(\d*))?([a-zA-Z]*)([+-]?\d*)$/.exec(text.trim());
  if (!parts) return undefined;
  const [, sign = '', whole = '', fraction = '', letters = '', power = ''] = parts;
  if ((whole === '' && fraction === '') || parts[0].length > 400) return undefined;
  const digits = BigInt(`${sign === '-' ? '-' : ''}${whole}${fraction}`);
  const exponent = -fraction.length;
  if ((letters === 'e' || letters === 'E') && /\d$/.test(power))
    return capped({ digits, exponent: exponent + Number(power), format: 'decimalExponent' });
  if (power !== '') return undefined;
  const binary = BINARY.indexOf(letters);
  if (binary >= 0)
    return capped({ digits: digits * 1024n ** BigInt(binary + 1), exponent, format: 'binarySI' });
  const decimal = DECIMAL.indexOf(letters);
  return decimal < 0
    ? undefined
    : capped({ digits, exponent: exponent + (decimal - 3) * 3, format: 'decimalSI' });
});

/** Rounds away from zero to a multiple of 10^`exponent`. */
export function roundUp(quantity: Quantity, exponent: number): Quantity {
  if (quantity.exponent >= exponent) return quantity;
  return {
    ...quantity,
    digits: divideUp(quantity.digits, tenTo(exponent - quantity.exponent)),
    exponent,
  };
}

function divideUp(value: bigint, by: bigint): bigint {
  const rest = value % by;
  return value / by + (rest === 0n ? 0n : value < 0n ? -1n : 1n);
}

function strip(value: bigint, factor: bigint): { value: bigint; times: number } {
  let times = 0;
  let rest = value;
  while (rest !== 0n && rest % factor === 0n) {
    rest /= factor;
    times += 1;
  }
  return { value: rest, times };
}

/** The canonical text: no fraction, the largest suffix that keeps the value exact. */
export function printQuantity(quantity: Quantity): string {
  if (quantity.digits === 0n) return '0';
  if (
    quantity.format === 'binarySI' &&
    compareQuantities(abs(quantity), { digits: 1024n, exponent: 0, format: 'decimalSI' }) >= 0
  ) {
    const whole = roundUp(quantity, 0);
    if (compareQuantities(whole, quantity) === 0)
      return printBinary(whole.digits * tenTo(whole.exponent));
  }
  const { value, times } = strip(quantity.digits, 10n);
  const exponent = quantity.exponent + times;
  const shift = ((exponent % 3) + 3) % 3;
  const digits = value * tenTo(shift);
  const power = exponent - shift;
  if (quantity.format === 'decimalExponent')
    return power === 0 ? String(digits) : `${digits}e${power}`;
  const index = Math.min(power / 3 + 3, DECIMAL.length - 1);
  return `${digits * tenTo(power - (index - 3) * 3)}${DECIMAL[index] ?? ''}`;
}

const abs = (quantity: Quantity): Quantity => ({
  ...quantity,
  digits: quantity.digits < 0n ? -quantity.digits : quantity.digits,
});

function printBinary(value: bigint): string {
  const { times } = strip(value, 1024n);
  const index = Math.min(times, BINARY.length);
  return `${value / 1024n ** BigInt(index)}${index === 0 ? '' : (BINARY[index - 1] ?? '')}`;
}

/** Negative, zero or positive as `left` is less than, equal to or more than `right`. */
export function compareQuantities(left: Quantity, right: Quantity): number {
  const least = Math.min(left.exponent, right.exponent);
  const difference =
    left.digits * tenTo(left.exponent - least) - right.digits * tenTo(right.exponent - least);
  return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}

/** The exact sum, in the format of the first. */
export function addQuantities(left: Quantity, right: Quantity): Quantity {
  const exponent = Math.min(left.exponent, right.exponent);
  const digits =
    left.digits * tenTo(left.exponent - exponent) + right.digits * tenTo(right.exponent - exponent);
  return { digits, exponent, format: left.digits === 0n ? right.format : left.format };
}

/** Value in units of `divisor`, rounded up (the way resourceFieldRef shows it). */
export function divideQuantities(quantity: Quantity, divisor: Quantity): bigint {
  const least = Math.min(quantity.exponent, divisor.exponent);
  return divideUp(
    quantity.digits * tenTo(quantity.exponent - least),
    divisor.digits * tenTo(divisor.exponent - least),
  );
}

/** Whole units (bytes, cores), rounded up; 0 for an invalid quantity. */
export function wholeUnits(text: string | number | undefined): number {
  const quantity = text === undefined ? undefined : parseQuantity(text);
  return quantity
    ? Number(divideQuantities(quantity, { digits: 1n, exponent: 0, format: 'decimalSI' }))
    : 0;
}

/** Thousandths (milli-cores), rounded up; 0 for an invalid quantity. */
export function milliUnits(text: string | number | undefined): number {
  const quantity = text === undefined ? undefined : parseQuantity(text);
  return quantity
    ? Number(divideQuantities(quantity, { digits: 1n, exponent: MILLI, format: 'decimalSI' }))
    : 0;
}

/** A quantity's text in canonical form; `milli`: rounded up to thousandths, as in resource lists. An invalid quantity is returned as it is. */
export const canonicalQuantity = (
  text: string | number,
  { milli }: { milli: boolean } = { milli: false },
): string => (milli ? canonicalInMilli : canonical)(String(text));

const canonical = remembered((text) => {
  const quantity = parseQuantity(text);
  return quantity ? printQuantity(quantity) : text;
});

const canonicalInMilli = remembered((text) => {
  const quantity = parseQuantity(text);
  return quantity ? printQuantity(roundUp(quantity, MILLI)) : text;
});

/** A resource list in canonical form, each amount rounded up to thousandths; names in order, as Go prints maps. */
export const canonicalList = (list: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(list)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, text]) => [name, canonicalQuantity(text, { milli: true })]),
  );
