// The rules of a definition's versions: each by itself, and all together. Paths are those of kube-apiserver's internal form, where what
// all versions share is at the top.
import { isDeepStrictEqual } from 'node:util';
import type { FieldError } from '../../errors.ts';
import type { JsonSchema } from '../../kinds/json-schema.ts';
import { own } from '../../own.ts';
import { repeats } from '../../repeats.ts';
import {
  forbiddenValue,
  invalidEach,
  invalidValue,
  required,
  tooMany,
} from '../../validation/field-errors.ts';
import { label1035Problems } from '../../validation/names.ts';
import { simplePath } from '../json-path.ts';
import { ruleProblems } from '../rules/check-rules.ts';
import { startWork, workProblems } from '../work.ts';
import { checkColumns, checkScale } from './check-columns.ts';
import { defaultProblems } from './check-defaults.ts';
import { schemaProblems } from './check-schema.ts';
import { structureProblems } from './check-structure.ts';
import type { DefinitionSpec, Version } from './definition.ts';

const MAX_SELECTABLE = 8;

/** Versions as Go prints them in messages: the internal struct, without the shared parts. */
const shown = (versions: readonly Version[]): unknown =>
  versions.map(({ name, served, storage, deprecated = false, deprecationWarning = null }) => ({
    Name: name,
    Served: served,
    Storage: storage,
    Deprecated: deprecated,
    DeprecationWarning: deprecationWarning,
    Schema: null,
    Subresources: null,
    AdditionalPrinterColumns: null,
    SelectableFields: null,
  }));

/** Each version asks for each member: comparisons are cached by list. */
const shared = new WeakMap<readonly Version[], Map<keyof Version, boolean>>();

function isShared(versions: readonly Version[], member: keyof Version): boolean {
  const known = shared.get(versions) ?? new Map<keyof Version, boolean>();
  shared.set(versions, known);
  const answer =
    known.get(member) ??
    (versions.length > 0 &&
      versions.every((version) => isDeepStrictEqual(version[member], versions[0]?.[member])));
  known.set(member, answer);
  return answer;
}

/** What all versions share is checked once, at the top. */
export function sharedProblems({ versions }: DefinitionSpec): FieldError[] {
  const [first] = versions;
  if (first === undefined) return [];
  return [
    ...(isShared(versions, 'schema')
      ? checkSchema(first.schema?.openAPIV3Schema, 'spec.validation.openAPIV3Schema', versions)
      : []),
    ...(isShared(versions, 'subresources')
      ? checkScale(first.subresources?.scale, 'spec.subresources')
      : []),
    ...(isShared(versions, 'additionalPrinterColumns')
      ? checkColumns(first.additionalPrinterColumns ?? [], 'spec.additionalPrinterColumns')
      : []),
    ...(isShared(versions, 'selectableFields')
      ? selectableProblems(first, 'spec.selectableFields')
      : []),
  ];
}

/** Problems of one version, without what it shares with all others. */
export function versionProblems(
  version: Version,
  { versions }: DefinitionSpec,
  index: number,
): FieldError[] {
  const path = `spec.versions[${index}]`;
  return [
    ...invalidEach(`${path}.name`, version.name, label1035Problems(version.name ?? '')),
    ...deprecationProblems(version, path),
    ...(isShared(versions, 'schema')
      ? []
      : checkSchema(version.schema?.openAPIV3Schema, `${path}.schema.openAPIV3Schema`, [version])),
    ...(isShared(versions, 'subresources')
      ? []
      : checkScale(version.subresources?.scale, `${path}.subresources`)),
    ...(isShared(versions, 'additionalPrinterColumns')
      ? []
      : checkColumns(version.additionalPrinterColumns ?? [], `${path}.additionalPrinterColumns`)),
    ...(isShared(versions, 'selectableFields')
      ? []
      : selectableProblems(version, `${path}.selectableFields`)),
  ];
}

function deprecationProblems(
  { deprecated, deprecationWarning: text }: Version,
  path: string,
): FieldError[] {
  if (text === undefined) return [];
  const field = `${path}.deprecationWarning`;
  if (deprecated !== true)
    return [invalidValue(field, text, 'can only be set for deprecated versions')];
  const problems: string[] = [];
  if (Buffer.byteLength(text) > 256) problems.push('must be <= 256 characters long');
  if (text === '') problems.push('must not be an empty string');
  const bad = /[\p{C}\p{Zl}\p{Zp}]/u.exec(text)?.index;
  if (bad !== undefined)
    problems.push(
      `must only contain printable UTF-8 characters; non-printable character found at index ${bad}`,
    );
  return invalidEach(field, text, problems);
}

/** Members that a root schema may have beside a status subresource. */
const NOT_AT_ROOT: (keyof JsonSchema)[] = [
  'allOf',
  'anyOf',
  'oneOf',
  'not',
  'enum',
  'maxProperties',
  'minProperties',
  'additionalProperties',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-type',
  'x-kubernetes-map-type',
];

function checkSchema(
  schema: JsonSchema | undefined,
  path: string,
  versions: readonly Version[],
): FieldError[] {
  if (schema === undefined) return [];
  const hasStatus = versions.some(({ subresources }) => subresources?.status !== undefined);
  const stray = hasStatus ? NOT_AT_ROOT.find((name) => schema[name] !== undefined) : undefined;
  const work = startWork();
  const bySchema = schemaProblems(schema, path);
  // A schema of the wrong type has no structure to check.
  const structure = bySchema.some(({ message }) => message.endsWith('is not supported'))
    ? []
    : structureProblems(schema, path);
  const problems = [
    ...(stray === undefined
      ? []
      : [
          forbiddenValue(
            `${path}.${stray}`,
            'is not allowed at the root of the schema if the status subresource is enabled',
          ),
        ]),
    ...(schema.nullable === true
      ? [forbiddenValue(`${path}.nullable`, 'nullable cannot be true at the root')]
      : []),
    ...structure,
    ...(structure.length > 0 ? [] : defaultProblems(schema, path, work)),
    ...workProblems(work),
    ...bySchema,
  ];
  return problems.length > 0 ? problems : ruleProblems(schema, path);
}

function selectableProblems(version: Version, path: string): FieldError[] {
  const fields = version.selectableFields ?? [];
  const schema = version.schema?.openAPIV3Schema;
  const second = repeats(fields.map(({ jsonPath }) => jsonPath));
  const errors = fields.flatMap(({ jsonPath = '' }, index): FieldError[] => {
    const field = `${path}[${index}].jsonPath`;
    if (jsonPath === '') return [required(field)];
    const names = simplePath(jsonPath);
    let found: JsonSchema | undefined = schema;
    for (const name of names ?? []) found = own(found?.properties, name);
    const problems = [];
    if (names === undefined || found === undefined) problems.push('is an invalid path');
    else if (names[0] === 'metadata') problems.push('must not point to fields in metadata');
    else if (!['string', 'boolean', 'integer'].includes(found.type ?? ''))
      problems.push(
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
      );
    if (second.has(index))
      return [
        {
          field,
          reason: 'FieldValueDuplicate',
          message: `Duplicate value: ${JSON.stringify(jsonPath)}`,
        },
      ];
    return invalidEach(field, jsonPath, problems);
  });
  const count = new Set(fields.map(({ jsonPath }) => jsonPath)).size;
  return count > MAX_SELECTABLE ? [...errors, tooMany(path, count, MAX_SELECTABLE)] : errors;
}

/** Problems between the versions: names that come twice, and the one that is stored. */
export function versionSetProblems(versions: readonly Version[]): FieldError[] {
  const errors: FieldError[] = [];
  if (new Set(versions.map(({ name }) => name)).size < versions.length)
    errors.push(
      invalidValue('spec.versions', shown(versions), 'must contain unique version names'),
    );
  if (versions.filter(({ storage }) => storage).length !== 1)
    errors.push(
      invalidValue(
        'spec.versions',
        shown(versions),
        'must have exactly one version marked as storage version',
      ),
    );
  return errors;
}
