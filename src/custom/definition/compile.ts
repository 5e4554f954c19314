// The resources that a definition serves: one per served version once it is established.
import { present } from '../../present.ts';
import type { CustomKind } from '../../kinds/custom-kind.ts';
import type { JsonSchema } from '../../kinds/json-schema.ts';
import { apiVersionOf } from '../../kinds/resources.ts';
import type { Resource, Subresource, Verb } from '../../kinds/resources.ts';
import type { ObjectShape } from '../../kinds/shapes.ts';
import { customShape } from '../shape.ts';
import { isTrue } from './definition.ts';
import type { Definition, Version } from './definition.ts';

const VERBS: Verb[] = [
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'create',
  'update',
  'watch',
];
const CHANGE: Verb[] = ['get', 'patch', 'update'];

/** GA before beta before alpha, higher numbers first; other names come last, alphabetically. */
export function compareVersions(a: string, b: string): number {
  const [one, other] = [rank(a), rank(b)];
  for (const [index, value] of one.entries()) {
    const difference = (other[index] ?? 0) - value;
    if (difference !== 0) return difference;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

function rank(version: string): [stage: number, major: number, minor: number] {
  const [, major = '', stage, minor = '0'] =
    /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(version) ?? [];
  if (major === '') return [0, 0, 0];
  return [stage === undefined ? 3 : stage === 'beta' ? 2 : 1, Number(major), Number(minor)];
}

function subresourcesOf({ spec }: Definition, version: Version): Subresource[] {
  const { status, scale } = version.subresources ?? {};
  const own = { group: spec.group, version: version.name, kind: spec.names.kind };
  return [
    ...(status === undefined ? [] : [{ name: 'status', verbs: CHANGE, ...own }]),
    ...(scale === undefined
      ? []
      : [{ name: 'scale', verbs: CHANGE, group: 'autoscaling', version: 'v1', kind: 'Scale' }]),
  ];
}

function deprecationOf({ spec }: Definition, version: Version): string | undefined {
  if (version.deprecated !== true) return undefined;
  return (
    version.deprecationWarning ??
    `${apiVersionOf({ group: spec.group, version: version.name })} ${spec.names.kind} is deprecated`
  );
}

const ANYTHING: JsonSchema = {
  type: 'object',
  'x-kubernetes-preserve-unknown-fields': true,
};

function kindOf(definition: Definition, version: Version): CustomKind {
  const { names } = definition.spec;
  const schema = version.schema?.openAPIV3Schema ?? ANYTHING;
  const storage = definition.spec.versions.find((one) => one.storage) ?? version;
  let shape: ObjectShape | undefined;
  return {
    definition: definition.metadata.name ?? '',
    terminating: isTrue(definition, 'Terminating'),
    schema,
    storageVersion: storage.name,
    storageSchema: storage.schema?.openAPIV3Schema ?? ANYTHING,
    get shape() {
      return (shape ??= customShape(names.kind, schema));
    },
    hasStatus: version.subresources?.status !== undefined,
    ...present({ scale: version.subresources?.scale }),
    columns: version.additionalPrinterColumns ?? [],
    selectable: (version.selectableFields ?? []).map(({ jsonPath }) => jsonPath),
    ...present({ deprecation: deprecationOf(definition, version) }),
  };
}

/** The resources of an established definition, preferred version first. */
export function resourcesOf(definition: Definition): Resource[] {
  const { spec, status } = definition;
  if (!isTrue(definition, 'Established')) return [];
  const {
    plural,
    singular = '',
    shortNames = [],
    kind,
    listKind = '',
    categories = [],
  } = status.acceptedNames;
  return spec.versions
    .filter(({ served }) => served)
    .sort((a, b) => compareVersions(a.name, b.name))
    .map((version) => ({
      group: spec.group,
      version: version.name,
      kind,
      plural,
      singular,
      shortNames,
      categories,
      namespaced: spec.scope === 'Namespaced',
      verbs: VERBS,
      subresources: subresourcesOf(definition, version),
      stored: `${plural}.${spec.group}`,
      model: '',
      listKind: listKind || `${kind}List`,
      custom: kindOf(definition, version),
    }));
}
