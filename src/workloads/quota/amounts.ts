// Amounts by resource name, as quotas count them.
import { own, setOwn } from '../../own.ts';
import type { Quantity } from '../../pod/model/quantity.ts';
import {
  addQuantities,
  compareQuantities,
  parseQuantity,
  printQuantity,
} from '../../pod/model/quantity.ts';

/** Resource name -> amount. */
export type Amounts = ReadonlyMap<string, Quantity>;
type Texts = Readonly<Record<string, string>>;

const ZERO: Quantity = { digits: 0n, exponent: 0, format: 'decimalSI' };

/** A whole number of things. */
export const count = (number: number): Quantity => ({ ...ZERO, digits: BigInt(number) });

/** The amounts of a resource list; invalid quantities are left out. */
export const amountsOf = (texts: Texts | undefined): Amounts =>
  new Map(
    Object.entries(texts ?? {}).flatMap(([name, text]): [string, Quantity][] => {
      const amount = parseQuantity(text);
      return amount ? [[name, amount]] : [];
    }),
  );

/** As a resource list, sorted by name. */
export function textsOf(amounts: Amounts): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const name of [...amounts.keys()].sort()) {
    const amount = amounts.get(name);
    if (amount) setOwn(texts, name, printQuantity(amount));
  }
  return texts;
}

const negative = (amount: Quantity): Quantity => ({ ...amount, digits: -amount.digits });

/** The sum of both, by name. */
export function plus(left: Amounts, right: Amounts): Amounts {
  const sums = new Map(left);
  for (const [name, amount] of right) {
    const sum = sums.get(name);
    sums.set(name, sum ? addQuantities(sum, amount) : amount);
  }
  return sums;
}

/** `left` minus `right`, at least zero. */
export function minus(left: Amounts, right: Amounts): Amounts {
  const rest = new Map<string, Quantity>();
  for (const [name, amount] of left) {
    const taken = right.get(name);
    const difference = taken ? addQuantities(amount, negative(taken)) : amount;
    rest.set(name, difference.digits < 0n ? { ...ZERO, format: amount.format } : difference);
  }
  return rest;
}

/** Only the resources in the list. */
export const within = (amounts: Amounts, names: Texts | undefined): Amounts =>
  new Map([...amounts].filter(([name]) => own(names, name) !== undefined));

/** Without zero amounts. */
export const positive = (amounts: Amounts): Amounts =>
  new Map([...amounts].filter(([, { digits }]) => digits !== 0n));

/** Names of the resources that exceed `most`, in order. */
export const exceeding = (amounts: Amounts, most: Amounts): string[] =>
  [...amounts]
    .filter(([name, amount]) => {
      const bound = most.get(name);
      return bound !== undefined && compareQuantities(amount, bound) > 0;
    })
    .map(([name]) => name)
    .sort();
