// The rules of a CustomResourceDefinition; check-versions.ts has those of its versions.
import type { FieldError } from '../../errors.ts';
import { own } from '../../own.ts';
import {
  forbiddenValue,
  invalidValue,
  notSupported,
  required,
} from '../../validation/field-errors.ts';
import { label1035Problems, subdomainProblems } from '../../validation/names.ts';
import { sharedProblems, versionProblems, versionSetProblems } from './check-versions.ts';
import { isTrue } from './definition.ts';
import type { Definition, DefinitionSpec, Names } from './definition.ts';

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
