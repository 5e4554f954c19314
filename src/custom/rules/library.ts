// The functions that Kubernetes adds to CEL, as far as supported. A rule that calls any other does not compile, and its definition is
// refused.
import type { Environment } from '@marcbachmann/cel-js';
import { addQuantities, compareQuantities, parseQuantity } from '../../pod/model/quantity.ts';
import type { Quantity } from '../../pod/model/quantity.ts';
import { isIp } from '../../validation/names.ts';
import { hasFormat } from '../formats.ts';
import { findAll } from '../patterns.ts';
import { patternSteps } from '../work.ts';
import { celPackage } from './cel-package.ts';
import { charge } from './meter.ts';

/** A quantity as a CEL value. */
class QuantityValue {
  readonly quantity: Quantity;
  constructor(quantity: Quantity) {
    this.quantity = quantity;
  }
}

class UrlValue {
  readonly url: URL;
  readonly text: string;
  constructor(text: string) {
    this.url = new URL(text.startsWith('/') ? `path://host${text}` : text);
    this.text = text;
  }
}

const isUrl = (text: string): boolean =>
  hasFormat('uri', text) && URL.canParse(text.startsWith('/') ? `path://host${text}` : text);

function quantityOf(text: string): Quantity {
  const quantity = parseQuantity(text);
  if (quantity === undefined) throw new Error(`quantity: ${text} is not a quantity`);
  return quantity;
}

/** The number as a float; exact for what fits a double. */
const approximate = ({ digits, exponent }: Quantity): number => Number(digits) * 10 ** exponent;

function wholeOf({ digits, exponent }: Quantity): bigint {
  if (exponent >= 0) return digits * 10n ** BigInt(exponent);
  const unit = 10n ** BigInt(-exponent);
  if (digits % unit !== 0n) throw new Error('cannot convert value to integer');
  return digits / unit;
}

const isWhole = ({ digits, exponent }: Quantity): boolean =>
  exponent >= 0 || digits % 10n ** BigInt(-exponent) === 0n;
const negated = (quantity: Quantity): Quantity => ({ ...quantity, digits: -quantity.digits });

function registerQuantities(env: Environment): void {
  const type = 'kubernetes.Quantity';
  const number = (value: bigint): Quantity => quantityOf(String(value));
  env.registerType(type, QuantityValue as never);
  env.registerFunction(
    `quantity(string): ${type}`,
    (text: string) => new QuantityValue(quantityOf(text)),
  );
  env.registerFunction(
    'isQuantity(string): bool',
    (text: string) => parseQuantity(text) !== undefined,
  );
  env.registerFunction(`${type}.isInteger(): bool`, ({ quantity }: QuantityValue) =>
    isWhole(quantity),
  );
  env.registerFunction(`${type}.asInteger(): int`, ({ quantity }: QuantityValue) =>
    wholeOf(quantity),
  );
  env.registerFunction(`${type}.asApproximateFloat(): double`, ({ quantity }: QuantityValue) =>
    approximate(quantity),
  );
  env.registerFunction(`${type}.sign(): int`, ({ quantity: { digits } }: QuantityValue) =>
    digits > 0n ? 1n : digits < 0n ? -1n : 0n,
  );
  const compare = (a: QuantityValue, b: QuantityValue): number =>
    compareQuantities(a.quantity, b.quantity);
  env.registerFunction(`${type}.compareTo(${type}): int`, (a: QuantityValue, b: QuantityValue) =>
    BigInt(Math.sign(compare(a, b))),
  );
  env.registerFunction(
    `${type}.isLessThan(${type}): bool`,
    (a: QuantityValue, b: QuantityValue) => compare(a, b) < 0,
  );
  env.registerFunction(
    `${type}.isGreaterThan(${type}): bool`,
    (a: QuantityValue, b: QuantityValue) => compare(a, b) > 0,
  );
  env.registerOperator(
    `${type} == ${type}`,
    (a: QuantityValue, b: QuantityValue) => compare(a, b) === 0,
  );
  env.registerFunction(
    `${type}.add(${type}): ${type}`,
    (a: QuantityValue, b: QuantityValue) =>
      new QuantityValue(addQuantities(a.quantity, b.quantity)),
  );
  env.registerFunction(
    `${type}.add(int): ${type}`,
    (a: QuantityValue, b: bigint) => new QuantityValue(addQuantities(a.quantity, number(b))),
  );
  env.registerFunction(
    `${type}.sub(${type}): ${type}`,
    (a: QuantityValue, b: QuantityValue) =>
      new QuantityValue(addQuantities(a.quantity, negated(b.quantity))),
  );
  env.registerFunction(
    `${type}.sub(int): ${type}`,
    (a: QuantityValue, b: bigint) => new QuantityValue(addQuantities(a.quantity, number(-b))),
  );
}

function registerUrls(env: Environment): void {
  const type = 'kubernetes.URL';
  env.registerType(type, UrlValue as never);
  env.registerFunction('isURL(string): bool', isUrl);
  env.registerFunction(`url(string): ${type}`, (text: string) => {
    if (!isUrl(text)) throw new Error(`URL parse error during conversion from string: ${text}`);
    return new UrlValue(text);
  });
  const part = (name: string, read: (value: UrlValue) => string): void => {
    env.registerFunction(`${type}.${name}(): string`, read);
  };
  const absolute =
    (read: (url: URL) => string) =>
    ({ url, text }: UrlValue) =>
      text.startsWith('/') ? '' : read(url);
  part(
    'getScheme',
    absolute(({ protocol }) => protocol.slice(0, -1)),
  );
  part(
    'getHost',
    absolute(({ host }) => host),
  );
  part(
    'getHostname',
    absolute(({ hostname }) => hostname.replace(/^\[|\]$/g, '')),
  );
  part(
    'getPort',
    absolute(({ port }) => port),
  );
  part('getEscapedPath', ({ url }) => url.pathname);
}

const signs = (text: string): string[] => Array.from(text);

function registerTexts(env: Environment): void {
  env.registerFunction('string.charAt(int): string', (text: string, at: bigint) => {
    const all = signs(text);
    if (at < 0n || at > BigInt(all.length)) throw new Error(`index out of range: ${at}`);
    return all[Number(at)] ?? '';
  });
  env.registerFunction(
    'string.replace(string, string): string',
    (text: string, from: string, to: string) => replaced(text, from, to, -1),
  );
  env.registerFunction(
    'string.replace(string, string, int): string',
    (text: string, from: string, to: string, count: bigint) =>
      replaced(text, from, to, Number(count)),
  );
  env.registerFunction('string.reverse(): string', (text: string) =>
    signs(text).reverse().join(''),
  );
  const found = (text: string, pattern: string, most: number): string[] => {
    charge(patternSteps(pattern, text));
    return findAll(pattern, text, most);
  };
  env.registerFunction(
    'string.find(string): string',
    (text: string, pattern: string) => found(text, pattern, 1)[0] ?? '',
  );
  env.registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) =>
    found(text, pattern, -1),
  );
  env.registerFunction(
    'string.findAll(string, int): list<string>',
    (text: string, pattern: string, most: bigint) => found(text, pattern, Number(most)),
  );
}

function replaced(text: string, from: string, to: string, count: number): string {
  const parts = text.split(from);
  const most = count < 0 ? parts.length - 1 : Math.min(count, parts.length - 1);
  charge(Math.ceil((text.length + most * to.length) / 32));
  return (
    parts.slice(0, most + 1).join(to) +
    parts
      .slice(most + 1)
      .map((part) => from + part)
      .join('')
  );
}

function registerLists(env: Environment): void {
  for (const type of ['int', 'double', 'string']) {
    const extreme = (least: boolean) => (list: (bigint | number | string)[]) => {
      const [first] = list;
      if (first === undefined) throw new Error(`${least ? 'min' : 'max'} called on empty list`);
      return list.reduce((best, item) => (item < best === least ? item : best), first);
    };
    env.registerFunction(`list<${type}>.isSorted(): bool`, (list: string[]) =>
      list.every((item, index) => index === 0 || (list[index - 1] ?? item) <= item),
    );
    env.registerFunction(`list<${type}>.min(): ${type}`, extreme(true));
    env.registerFunction(`list<${type}>.max(): ${type}`, extreme(false));
    env.registerFunction(`list<${type}>.indexOf(${type}): int`, (list: unknown[], item: unknown) =>
      BigInt(list.indexOf(item)),
    );
    env.registerFunction(
      `list<${type}>.lastIndexOf(${type}): int`,
      (list: unknown[], item: unknown) => BigInt(list.lastIndexOf(item)),
    );
  }
  env.registerFunction('list<int>.sum(): int', (list: bigint[]) =>
    list.reduce((sum, item) => sum + item, 0n),
  );
  env.registerFunction('list<double>.sum(): double', (list: number[]) =>
    list.reduce((sum, item) => sum + item, 0),
  );
}

function registerAddresses(env: Environment): void {
  env.registerFunction('isIP(string): bool', isIp);
  env.registerFunction('isCIDR(string): bool', (text: string) => hasFormat('cidr', text));
}

/** CEL with Kubernetes' functions; the environments of rules are clones of it. */
export function kubernetesEnvironment(): Environment {
  const { Environment } = celPackage();
  const env = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false });
  registerQuantities(env);
  registerUrls(env);
  registerTexts(env);
  registerLists(env);
  registerAddresses(env);
  return env;
}

/** Methods of the evaluator that Kubernetes' CEL does not have. */
export const FOREIGN_METHODS: ReadonlySet<string> = new Set(['json', 'hex', 'base64', 'at']);
