// YAML as Kubernetes reads it (go-yaml, YAML 1.1): values without a JSON form are refused, and the expansion of aliases is limited.
import type { LoadOptions, Schema, Type, YAMLException } from 'js-yaml';
import { jsYaml } from '../../js-yaml.ts';
import type { Json } from '../../ports/json.ts';
import { ParseError } from './json.ts';
import { duplicateKeys } from './yaml-duplicates.ts';

/** The number of nodes that aliases may expand to; go-yaml begins to refuse at the same number. */
const MAX_ALIASED = 400_000;

/** The nesting depth. go-yaml accepts 10 000, but this parser is recursive. */
const MAX_YAML_DEPTH = 500;

const NULL = /^(~|null|Null|NULL|)$/;
const TRUE = /^(y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const FALSE = /^(n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const INTEGER = /^[-+]?(0b[01]+|0o?[0-7]+|0x[0-9a-f]+|0|[1-9]\d*)$/i;
const FLOAT = /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/;
const NO_JSON = /^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/;

const digits = (text: string): string => (/^[-+.\d]/.test(text) ? text.replaceAll('_', '') : '');

function integerOf(text: string): number {
  const plain = digits(text).toLowerCase();
  const sign = plain.startsWith('-') ? -1 : 1;
  const magnitude = plain.replace(/^[-+]/, '');
  const octal = /^0o?([0-7]+)$/.exec(magnitude)?.[1];
  return sign * (octal === undefined ? Number(magnitude) : Number.parseInt(octal, 8));
}

/** A plain scalar of a type whose text `fits` recognises (null: there is no text). */
const scalar = (
  name: string,
  fits: (text: string) => boolean,
  construct: (text: string) => unknown,
): Type =>
  new (jsYaml().Type)(`tag:yaml.org,2002:${name}`, {
    kind: 'scalar',
    resolve: (text: unknown) => fits(typeof text === 'string' ? text : ''),
    construct: (text: unknown) => construct(typeof text === 'string' ? text : ''),
  });

// A timestamp stays a text: go-yaml decodes it into a map this way.
const makeSchema = (): Schema =>
  jsYaml().FAILSAFE_SCHEMA.extend({
    implicit: [
      scalar(
        'null',
        (text) => NULL.test(text),
        () => null,
      ),
      scalar(
        'bool',
        (text) => TRUE.test(text) || FALSE.test(text),
        (text) => TRUE.test(text),
      ),
      scalar('int', (text) => INTEGER.test(digits(text)), integerOf),
      scalar(
        'float',
        (text) =>
          NO_JSON.test(text) || (FLOAT.test(digits(text)) && Number.isFinite(Number(digits(text)))),
        (text) => (NO_JSON.test(text) ? Number.NaN : Number(digits(text))),
      ),
      scalar(
        'merge',
        (text) => text === '<<',
        (text) => text,
      ),
    ],
    explicit: [
      scalar(
        'binary',
        () => true,
        (text) => Buffer.from(text, 'base64').toString('utf8'),
      ),
    ],
  });

/** The package's types lack maxDepth. */
type Options = LoadOptions & { maxDepth: number };
let options: Options | undefined;

const read = (text: string, more: LoadOptions = {}): unknown => {
  options ??= { schema: makeSchema(), maxDepth: MAX_YAML_DEPTH };
  return jsYaml().load(text, { ...options, ...more });
};

const isYamlError = (error: unknown): error is YAMLException =>
  error instanceof jsYaml().YAMLException;

/** The document's value; the last of duplicate keys counts, and their places are reported. */
export function parseYaml(text: string): { value: Json; duplicate?: string } {
  try {
    return { value: asJson(read(text)) };
  } catch (error) {
    if (!isYamlError(error) || error.reason !== 'duplicated mapping key') throw asParseError(error);
    const value = parseTolerant(text);
    const places = duplicateKeys(text);
    return {
      value,
      duplicate: `yaml: unmarshal errors:\n  ${(places.length > 0 ? places : [firstDuplicate(text, error)]).join('\n  ')}`,
    };
  }
}

function parseTolerant(text: string): Json {
  try {
    return asJson(read(text, { json: true }));
  } catch (error) {
    throw asParseError(error);
  }
}

const asParseError = (error: unknown): unknown =>
  isYamlError(error)
    ? new ParseError(
        `yaml: line ${(error.mark as { line?: number } | undefined)?.line ?? 0}: ${error.reason}`,
        { cause: error },
      )
    : error;

/** Where the parser found it: a key that is not plain text, such as an alias. */
function firstDuplicate(text: string, { mark }: YAMLException): string {
  const key = /^[\s-]*([^:\n]*)/.exec(text.slice(mark.position))?.[1]?.trim() ?? '';
  return `line ${mark.line + 1}: key ${JSON.stringify(key)} already set in map`;
}

/** Checks the parsed document; parts that aliases share stay shared: only their nodes are counted as if expanded. */
function asJson(value: unknown): Json {
  const seen = new Set<object>();
  let aliased = 0;
  const check = (node: unknown, depth: number, again: boolean): void => {
    if (again && ++aliased > MAX_ALIASED)
      throw new ParseError('yaml: document contains excessive aliasing');
    if (typeof node === 'number' && !Number.isFinite(node))
      throw new ParseError('json: unsupported value: NaN or Inf');
    if (typeof node !== 'object' || node === null) return;
    if (depth > MAX_YAML_DEPTH)
      throw new ParseError(
        seen.has(node) ? 'yaml: anchor value contains itself' : 'yaml: exceeded max depth',
      );
    const twice = again || seen.has(node);
    seen.add(node);
    for (const member of Object.values(node)) check(member, depth + 1, twice);
  };
  check(value, 0, false);
  return (value ?? null) as Json;
}
