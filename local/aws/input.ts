// Reads an operation's input: members by name and type; members that the engine does not support are refused by name, never ignored.
import { own } from '../../src/own.ts';
import { AwsError } from './protocol.ts';

export type Input = Readonly<Record<string, unknown>>;

/** The input as an object. */
export function asInput(value: unknown, where = 'the request'): Input {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new AwsError('SerializationException', `${where} is not a structure`);
  return Object.fromEntries(Object.entries(value));
}

/** null, '', [], {} and false: the SDK or a template wrote the member without a meaning. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false || value === 0)
    return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** Refuses every member that has a meaning and is not in `served`. */
export function refuseOthers(
  input: Input,
  served: readonly string[],
  type = 'InvalidParameterException',
  where = '',
): void {
  const unknown = Object.keys(input).find(
    (key) => !served.includes(key) && !isEmpty(own(input, key)),
  );
  if (unknown !== undefined)
    throw new AwsError(type, `${where}${unknown} is not supported by the local engine`);
}

/** undefined when absent; another type is a SerializationException, as in AWS. */
export function text(input: Input, key: string): string | undefined {
  const value = own(input, key) ?? undefined;
  if (value !== undefined && typeof value !== 'string')
    throw new AwsError('SerializationException', `${key} is not a string`);
  return value;
}

/** undefined when absent. */
export function number(input: Input, key: string): number | undefined {
  const value = own(input, key) ?? undefined;
  if (value !== undefined && typeof value !== 'number')
    throw new AwsError('SerializationException', `${key} is not a number`);
  return value;
}

/** undefined when absent. */
export function flag(input: Input, key: string): boolean | undefined {
  const value = own(input, key) ?? undefined;
  if (value !== undefined && typeof value !== 'boolean')
    throw new AwsError('SerializationException', `${key} is not a boolean`);
  return value;
}

/** Empty when absent. */
function list(input: Input, key: string): unknown[] {
  const value = own(input, key) ?? [];
  if (!Array.isArray(value)) throw new AwsError('SerializationException', `${key} is not a list`);
  return value;
}

/** undefined when absent. */
export function texts(input: Input, key: string): string[] | undefined {
  if (own(input, key) === undefined || own(input, key) === null) return undefined;
  return list(input, key).map((value) => {
    if (typeof value !== 'string')
      throw new AwsError('SerializationException', `${key} is not a list of strings`);
    return value;
  });
}

/** Empty when absent. */
export function structures(input: Input, key: string): Input[] {
  return list(input, key).map((value, i) => asInput(value, `${key}[${i}]`));
}

/** undefined when absent. */
export function structure(input: Input, key: string): Input | undefined {
  const value = own(input, key) ?? undefined;
  return value === undefined ? undefined : asInput(value, key);
}
