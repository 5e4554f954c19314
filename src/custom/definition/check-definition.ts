// The rules of a CustomResourceDefinition. Paths are those of kube-apiserver's internal form, where what all versions share is at the top.
import { isDeepStrictEqual } from 'node:util';
import type { FieldError } from '../../errors.ts';
import type { JsonSchema } from '../../kinds/json-schema.ts';
import {
  forbiddenValue,
  invalidEach,
  invalidValue,
  notSupported,
  required,
  tooMany,
} from '../../validation/field-errors.ts';
import { label1035Problems, subdomainProblems } from '../../validation/names.ts';
import { own } from '../../own.ts';
import { simplePath } from '../json-path.ts';
import { ruleProblems } from '../rules/check-rules.ts';
import { startWork, workProblems } from '../work.ts';
import { checkColumns, checkScale } from './check-columns.ts';
import { defaultProblems } from './check-defaults.ts';
import { schemaProblems } from './check-schema.ts';
import { structureProblems } from './check-structure.ts';
import { isTrue } from './definition.ts';
import type { Definition, DefinitionSpec, Names, Version } from './definition.ts';
import { repeats } from '../../repeats.ts';

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

/** Problems of a definition, except those of its metadata. `old`: the stored one at an update. */
export const definitionProblems = (definition: Definition, old?: Definition): FieldError[] => [
  ...specProblems(definition),
  ...(old === undefined ? [] : immutableProblems(definition, old)),
  ...nameProblems(definition.status.acceptedNames, 'status.acceptedNames'),
  ...storedProblems(definition),
  ...approvalProblems(definition, old),
  ...(definition.spec.preserveUnknownFields === true && old?.spec.preserveUnknownFields !== true
    ? [
        invalidValue(
          'spec.preserveUnknownFields',
          true,
          'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
        ),
      ]
    : []),
];

function specProblems({ spec }: Definition): FieldError[] {
  const { group, scope, versions, names } = spec;
  return [
    ...groupProblems(group),
    ...(scope === ''
      ? [required('spec.scope')]
      : ['Cluster', 'Namespaced'].includes(scope)
        ? []
        : [notSupported('spec.scope', scope, ['Cluster', 'Namespaced'])]),
    ...versions.flatMap((version, index) =>
      version.schema?.openAPIV3Schema === undefined
        ? [required(`spec.versions[${index}].schema.openAPIV3Schema`)]
        : [],
    ),
    ...versions.flatMap((version, index) => versionProblems(version, spec, index)),
    ...versionSetProblems(versions),
    ...(['plural', 'singular', 'kind', 'listKind'] as const).flatMap((name) =>
      names[name] ? [] : [required(`spec.names.${name}`)],
    ),
    ...nameProblems(names, 'spec.names'),
    ...sharedProblems(spec),
    ...conversionProblems(spec.conversion),
  ];
}

function groupProblems(group: string): FieldError[] {
  if (group === '') return [required('spec.group')];
  const problems = subdomainProblems(group);
  if (problems.length > 0) return [invalidValue('spec.group', group, problems.join(','))];
  return group.includes('.')
    ? []
    : [invalidValue('spec.group', group, 'should be a domain with at least one dot')];
}

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
function sharedProblems({ versions }: DefinitionSpec): FieldError[] {
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

function versionProblems(
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

function versionSetProblems(versions: readonly Version[]): FieldError[] {
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

function nameProblems(names: Names, path: string): FieldError[] {
  const { plural, singular = '', kind, listKind = '', shortNames = [], categories = [] } = names;
  const label = (field: string, value: string): FieldError[] => {
    const problems = value === '' ? [] : label1035Problems(value);
    return problems.length > 0 ? [invalidValue(field, value, problems.join(','))] : [];
  };
  const mixed = (field: string, value: string): FieldError[] => {
    const problems = value === '' ? [] : label1035Problems(value.toLowerCase());
    return problems.length > 0
      ? [
          invalidValue(
            field,
            value,
            `may have mixed case, but should otherwise match: ${problems.join(',')}`,
          ),
        ]
      : [];
  };
  return [
    ...label(`${path}.plural`, plural),
    ...label(`${path}.singular`, singular),
    ...mixed(`${path}.kind`, kind),
    ...mixed(`${path}.listKind`, listKind),
    ...shortNames.flatMap((name, index) => label(`${path}.shortNames[${index}]`, name)),
    ...(kind !== '' && kind === listKind
      ? [invalidValue(`${path}.listKind`, listKind, 'kind and listKind may not be the same')]
      : []),
    ...categories.flatMap((name, index) => label(`${path}.categories[${index}]`, name)),
  ];
}

function conversionProblems(conversion: DefinitionSpec['conversion']): FieldError[] {
  const path = 'spec.conversion';
  const { strategy = '', webhook } = conversion ?? { strategy: 'None' };
  if (strategy === '') return [required(`${path}.strategy`)];
  if (!['None', 'Webhook'].includes(strategy))
    return [notSupported(`${path}.strategy`, strategy, ['None', 'Webhook'])];
  if (strategy === 'None')
    return webhook === undefined
      ? []
      : [
          forbiddenValue(
            `${path}.webhookClientConfig`,
            'should not be set when strategy is not set to Webhook',
          ),
        ];
  const errors: FieldError[] = [];
  if (webhook?.clientConfig === undefined)
    errors.push(
      required(`${path}.webhookClientConfig`, 'required when strategy is set to Webhook'),
    );
  if ((webhook?.conversionReviewVersions ?? []).length === 0)
    errors.push(required(`${path}.conversionReviewVersions`));
  return errors.length > 0
    ? errors
    : [
        forbiddenValue(
          `${path}.strategy`,
          'droppod calls no webhooks, so it cannot convert between versions; with strategy None the versions differ only in their name and schema',
        ),
      ];
}

function storedProblems({ spec, status }: Definition): FieldError[] {
  const path = 'status.storedVersions';
  const stored = status.storedVersions ?? [];
  if (stored.length === 0)
    return [invalidValue(path, status.storedVersions, 'must have at least one stored version')];
  const names = spec.versions.map(({ name }) => name);
  return [
    ...spec.versions
      .filter(({ name, storage }) => storage && !stored.includes(name))
      .map(({ name }) => invalidValue(path, stored, `must have the storage version ${name}`)),
    ...stored.flatMap((version, index) =>
      names.includes(version)
        ? []
        : [
            invalidValue(
              `${path}[${index}]`,
              version,
              `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`,
            ),
          ],
    ),
  ];
}

function immutableProblems(next: Definition, old: Definition): FieldError[] {
  const fields: [string, string | undefined, string | undefined][] = [
    ['spec.group', next.spec.group, old.spec.group],
    ['spec.names.plural', next.spec.names.plural, old.spec.names.plural],
    ...(isTrue(old, 'Established')
      ? ([
          ['spec.scope', next.spec.scope, old.spec.scope],
          ['spec.names.kind', next.spec.names.kind, old.spec.names.kind],
        ] as [string, string, string][])
      : []),
  ];
  return fields
    .filter(([, now, before]) => now !== before)
    .map(([field, now]) => invalidValue(field, now, 'field is immutable'));
}

const APPROVED = 'api-approved.kubernetes.io';

/** Groups of Kubernetes itself require a note of who approved them. */
function approvalProblems(
  { spec, metadata }: Definition,
  old: Definition | undefined,
): FieldError[] {
  if (!/(^|\.)(k8s\.io|kubernetes\.io)$/.test(spec.group)) return [];
  const field = `metadata.annotations[${APPROVED}]`;
  const text = own(metadata.annotations, APPROVED) ?? '';
  if (old !== undefined && (own(old.metadata.annotations, APPROVED) ?? '') === text) return [];
  if (text === '')
    return [
      required(
        field,
        `protected groups must have approval annotation "${APPROVED}", see https://github.com/kubernetes/enhancements/pull/1111`,
      ),
    ];
  return text.startsWith('unapproved') || URL.canParse(text)
    ? []
    : [
        invalidValue(
          field,
          text,
          `protected groups must have approval annotation "${APPROVED}" with either a URL or a reason starting with "unapproved", see https://github.com/kubernetes/enhancements/pull/1111`,
        ),
      ];
}
