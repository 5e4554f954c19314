// Label selectors of queries: `a=b,!c,d in (e,f),g>5`.
import { badRequest } from '../../errors.ts';
import { own } from '../../own.ts';

export type Labels = { [key: string]: string } | undefined;
export type Matcher<T> = (object: T) => boolean;

const SYMBOLS = ['!=', '==', '=', '!', ',', '(', ')', '>', '<'];
const KEY =
  /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)$/;
const VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9])?$/;
const OPERATORS = 'in, notin, =, ==, !=, gt, lt';

function tokens(text: string): string[] {
  const found: string[] = [];
  let rest = text;
  while ((rest = rest.trimStart()) !== '') {
    const symbol = SYMBOLS.find((candidate) => rest.startsWith(candidate));
    const token = symbol ?? /^[^\s!=,()<>]+/.exec(rest)?.[0] ?? rest[0] ?? '';
    found.push(token);
    rest = rest.slice(token.length);
  }
  return found;
}

const isWord = (token: string | undefined): token is string =>
  token !== undefined && !SYMBOLS.includes(token);

class Parser {
  #at = 0;
  readonly #tokens: string[];

  constructor(text: string) {
    this.#tokens = tokens(text);
  }

  parse(): Matcher<Labels>[] {
    const matchers: Matcher<Labels>[] = [];
    while (this.#at < this.#tokens.length) {
      matchers.push(this.#requirement());
      const next = this.#next();
      if (next === undefined) break;
      if (next !== ',') throw badRequest(`found '${next}', expected: ',' or 'end of string'`);
      if (!isWord(this.#tokens[this.#at]) && this.#tokens[this.#at] !== '!')
        throw badRequest(`found '${this.#tokens[this.#at] ?? ''}', expected: identifier after ','`);
    }
    return matchers;
  }

  #next(): string | undefined {
    return this.#tokens[this.#at++];
  }

  #requirement(): Matcher<Labels> {
    const negated = this.#tokens[this.#at] === '!';
    if (negated) this.#at++;
    const key = this.#next();
    if (!isWord(key)) throw unable(`found '${key ?? ''}', expected: identifier`);
    if (!KEY.test(key) || (key.split('/').at(-1) ?? '').length > 63) throw unable(invalidKey(key));
    if (negated) return (labels) => own(labels, key) === undefined;
    const operator = this.#tokens[this.#at];
    if (operator === undefined || operator === ',')
      return (labels) => own(labels, key) !== undefined;
    this.#at++;
    return this.#comparison(key, operator);
  }

  #comparison(key: string, operator: string): Matcher<Labels> {
    switch (operator) {
      case '=':
      case '==': {
        const value = this.#value(key);
        return (labels) => own(labels, key) === value;
      }
      case '!=': {
        const value = this.#value(key);
        return (labels) => own(labels, key) !== value;
      }
      case 'in':
      case 'notin':
        return membership(key, this.#values(key), operator === 'in');
      case '>':
      case '<':
        return this.#order(key, operator);
      default:
        throw unable(`found '${operator}', expected: ${OPERATORS}`);
    }
  }

  #order(key: string, operator: '>' | '<'): Matcher<Labels> {
    const text = this.#value(key);
    if (!/^-?\d+$/.test(text))
      throw unable(
        `values[0][${key}]: Invalid value: ${JSON.stringify(text)}: for 'Gt', 'Lt' operators, the value must be an integer`,
      );
    const bound = Number(text);
    return (labels) => {
      const value = own(labels, key);
      return (
        value !== undefined &&
        /^-?\d+$/.test(value) &&
        (operator === '>' ? Number(value) > bound : Number(value) < bound)
      );
    };
  }

  #value(key: string): string {
    const token = this.#tokens[this.#at];
    if (token === undefined || token === ',') return '';
    if (!isWord(token)) throw unable(`found '${token}', expected: identifier`);
    this.#at++;
    return checked(key, token);
  }

  #values(key: string): Set<string> {
    const open = this.#next();
    if (open !== '(') throw unable(`found '${open ?? ''}', expected: '('`);
    const values = new Set<string>();
    let afterComma = true;
    for (;;) {
      const token = this.#next();
      if (token === ')') {
        if (afterComma) values.add('');
        return values;
      }
      if (token === undefined || (!isWord(token) && token !== ','))
        throw unable(`found '${token ?? ''}', expected: ',', ')' or identifier`);
      if (token === ',' && afterComma) values.add('');
      if (token !== ',') values.add(checked(key, token));
      afterComma = token === ',';
    }
  }
}

const unable = (problem: string): ReturnType<typeof badRequest> =>
  badRequest(`unable to parse requirement: ${problem}`);
const invalidKey = (key: string): string =>
  `key: Invalid value: ${JSON.stringify(key)}: name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`;

function checked(key: string, value: string): string {
  if (VALUE.test(value)) return value;
  throw unable(
    `values[0][${key}]: Invalid value: ${JSON.stringify(value)}: a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
  );
}

const membership =
  (key: string, values: Set<string>, wanted: boolean): Matcher<Labels> =>
  (labels) => {
    const value = own(labels, key);
    return value === undefined ? !wanted : values.has(value) === wanted;
  };

/** A matcher for labels; throws 400 where the selector cannot be parsed. The empty selector matches everything. */
export function parseLabelSelector(text: string): Matcher<Labels> {
  if (text.trim() === '') return () => true;
  const matchers = new Parser(text).parse();
  return (labels) => matchers.every((matches) => matches(labels));
}
