// Builds the OpenAPI schemas of all served kinds from @kubernetes/client-node's model classes (1.34) and the fields 1.35 added.
// Runs at build time (`npm run update`) or once before the first start; the result goes to build/kinds/schemas.json.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { own, setOwn } from '../own.ts';
import { present } from '../present.ts';
import { isAtomicMap, isAtomicType, listRule } from './list-keys.ts';
import { BODY_MODELS, kindKey, RESOURCES } from './resources.ts';

export interface Schema {
  type?: string;
  format?: string;
  description?: string;
  $ref?: string;
  allOf?: { $ref: string }[];
  items?: Schema;
  additionalProperties?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  [extension: `x-kubernetes-${string}`]: unknown;
}

interface Attribute {
  baseName: string;
  type: string;
  format: string;
}

interface Model {
  description: string;
  attributes: Attribute[];
  descriptions: Map<string, string>;
  required: string[];
}

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity';
const INT_OR_STRING = 'io.k8s.apimachinery.pkg.util.intstr.IntOrString';

/** client-node declares quantities as strings; these fields are quantities or maps of them, in every type or as `Type.field`. */
const QUANTITIES = new Set([
  'limits',
  'requests',
  'overhead',
  'capacity',
  'allocatable',
  'allocatedResources',
  'sizeLimit',
  'divisor',
  'podFixed',
  'hard',
  'used',
  'MetricTarget.value',
  'MetricTarget.averageValue',
  'MetricValueStatus.value',
  'MetricValueStatus.averageValue',
  'LimitRangeItem.default',
  'LimitRangeItem.defaultRequest',
  'LimitRangeItem.max',
  'LimitRangeItem.maxLimitRequestRatio',
  'LimitRangeItem.min',
]);

/** What 1.35 added to the models of 1.34, and kinds of other groups. */
const ADDED: Record<string, Attribute[]> = {
  V1PodSpec: [{ baseName: 'workloadRef', type: 'V1WorkloadReference', format: '' }],
  V1WorkloadReference: ['name', 'podGroup', 'podGroupReplicaKey'].map((baseName) => ({
    baseName,
    type: 'string',
    format: '',
  })),
  V1PodStatus: [
    { baseName: 'allocatedResources', type: '{ [key: string]: string; }', format: '' },
    { baseName: 'resources', type: 'V1ResourceRequirements', format: '' },
  ],
  V1PodCertificateProjection: [
    { baseName: 'userAnnotations', type: '{ [key: string]: string; }', format: '' },
  ],
  // metrics.k8s.io is not among the models.
  V1PodMetrics: [
    { baseName: 'apiVersion', type: 'string', format: '' },
    { baseName: 'kind', type: 'string', format: '' },
    { baseName: 'metadata', type: 'V1ObjectMeta', format: '' },
    { baseName: 'timestamp', type: 'Date', format: 'date-time' },
    { baseName: 'window', type: 'string', format: '' },
    { baseName: 'containers', type: 'Array<V1ContainerMetrics>', format: '' },
  ],
  V1ContainerMetrics: [
    { baseName: 'name', type: 'string', format: '' },
    { baseName: 'usage', type: '{ [key: string]: string; }', format: '' },
  ],
  V1NodeStatus: [{ baseName: 'declaredFeatures', type: 'Array<string>', format: '' }],
};

const LEAVES: Record<string, Schema> = {
  [QUANTITY]: {
    type: 'string',
    description: 'A fixed-point number with an optional suffix such as m, Ki, Mi, Gi, k, M, G.',
  },
  [INT_OR_STRING]: {
    type: 'string',
    format: 'int-or-string',
    description: 'A whole number or a name.',
  },
  [`${META}.Time`]: { type: 'string', format: 'date-time', description: 'A time in RFC 3339.' },
  [`${META}.MicroTime`]: {
    type: 'string',
    format: 'date-time',
    description: 'A time in RFC 3339 with microseconds.',
  },
  [`${META}.FieldsV1`]: { type: 'object', description: 'A set of fields as a tree.' },
};

const requireHere = createRequire(import.meta.url);
// The models join paragraphs in one line, separated by two spaces.
const unescape = (text: string): string =>
  text
    .replaceAll(/\.  (?=[A-Z])/g, '.\n\n')
    .replaceAll("\\'", "'")
    .replaceAll('\\"', '"')
    .replaceAll('*\\/', '*/')
    .replaceAll('\\n', '\n');

function readModel(directory: string, name: string): Model {
  const added = own(ADDED, name) ?? [];
  if (!existsSync(join(directory, `${name}.js`)))
    return { description: '', attributes: added, descriptions: new Map(), required: [] };
  const code = readFileSync(join(directory, `${name}.js`), 'utf8');
  const types = readFileSync(join(directory, `${name}.d.ts`), 'utf8');
  const list = /attributeTypeMap = (\[[\s\S]*?\n?\]);/.exec(code)?.[1] ?? '[]';
  const attributes = JSON.parse(list) as Attribute[];
  const known = new Set(attributes.map(({ baseName }) => baseName));
  const descriptions = new Map<string, string>();
  const required: string[] = [];
  for (const [, comment, field, optional] of types.matchAll(
    /(?:\/\*\*\s*\n\s*\* ([^\n]*)\n\s*\*\/\s*\n)?\s*'(\w+)'(\?)?:/g,
  )) {
    const baseName = attributes.find(
      ({ baseName }) =>
        baseName === field || baseName === field?.replace(/^_/, '') || `_${baseName}` === field,
    )?.baseName;
    if (baseName === undefined) continue;
    if (comment !== undefined) descriptions.set(baseName, unescape(comment));
    if (optional === undefined) required.push(baseName);
  }
  const description = unescape(
    /\/\*\*\s*\n\* ([^\n]*)\n\*\/\s*\nexport declare class/.exec(types)?.[1] ?? '',
  );
  return {
    description,
    attributes: [...attributes, ...added.filter(({ baseName }) => !known.has(baseName))],
    descriptions,
    required,
  };
}

interface Known {
  /** The API group of each type: kubernetes-types has a folder per group. */
  groups: Map<string, string>;
  /** `<Type>.<field>` -> description; the models lack those of fields that refer to another type. */
  fields: Map<string, string>;
}

function readFields(name: string, body: string, fields: Map<string, string>): void {
  for (const [, comment = '', field = ''] of body.matchAll(
    /\/\*\* ([^\n]*) \*\/\n\s*(?:readonly )?'?(\w+)'?\??:/g,
  ))
    fields.set(`${name}.${field}`, unescape(comment));
}

function readKnown(): Known {
  const root = dirname(requireHere.resolve('kubernetes-types/package.json'));
  const groups = new Map<string, string>();
  const fields = new Map<string, string>();
  for (const group of [
    'meta',
    'core',
    ...readdirSync(root).filter((name) => !name.includes('.')),
  ]) {
    const file = join(root, group, 'v1.d.ts');
    if (!existsSync(file)) continue;
    for (const [, name = '', body = ''] of readFileSync(file, 'utf8').matchAll(
      /export interface (\w+) \{\n([\s\S]*?)\n\}/g,
    )) {
      if (groups.has(name)) continue;
      groups.set(name, group);
      readFields(name, body, fields);
    }
  }
  return { groups, fields };
}

const typeName = (model: string): string => model.replace(/^[A-Za-z]*?V[12](?=[A-Z])/, '');

/** The packages of groups whose types are not below k8s.io/api: of a model, and of all models whose names begin with a group. */
const PACKAGES: Record<string, string> = {
  V1APIService: 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1',
  V1PodMetrics: 'io.k8s.metrics.pkg.apis.metrics.v1beta1',
  apiregistration: 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1',
};

function qualifiedName(model: string, groups: Map<string, string>, parent: string): string {
  // The one kind whose preferred version is the second.
  if (/^V2[A-Z]/.test(model)) return `io.k8s.api.autoscaling.v2.${typeName(model)}`;
  const hint = /^([A-Z][a-z]+)V1[A-Z]/.exec(model)?.[1]?.toLowerCase();
  const placed = own(PACKAGES, model) ?? own(PACKAGES, hint ?? '');
  if (placed !== undefined) return `${placed}.${typeName(model)}`;
  const group = hint ?? groups.get(typeName(model));
  if (group === 'meta') return `${META}.${typeName(model)}`;
  if (group === 'apiextensions')
    return `io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.${typeName(model)}`;
  if (group === undefined) return `${parent.replace(/\.\w+$/, '')}.${typeName(model)}`;
  return `io.k8s.api.${group}.v1.${typeName(model)}`;
}

interface Closure extends Known {
  directory: string;
  schemas: Record<string, Schema>;
}

const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

const isQuantity = (parent: string, field: string): boolean =>
  QUANTITIES.has(field) || QUANTITIES.has(`${parent.replace(/^.*\./, '')}.${field}`);

function typeSchema(
  closure: Closure,
  type: string,
  format: string,
  parent: string,
  field: string,
): Schema {
  const list = /^Array<(.*)>$/.exec(type)?.[1];
  if (list !== undefined)
    return { type: 'array', items: typeSchema(closure, list, format, parent, field) };
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(type)?.[1];
  if (map !== undefined)
    return {
      type: 'object',
      additionalProperties: typeSchema(closure, map, format, parent, field),
    };
  if (field === 'fieldsV1') return leaf(closure, `${META}.FieldsV1`);
  if (type === 'string' && isQuantity(parent, field)) return leaf(closure, QUANTITY);
  if (type === 'IntOrString') return leaf(closure, INT_OR_STRING);
  if (type === 'Date' || type === 'V1MicroTime')
    return leaf(
      closure,
      `${META}.${format === 'date-time-micro' || type === 'V1MicroTime' ? 'MicroTime' : 'Time'}`,
    );
  if (type === 'number')
    return { type: format === 'double' ? 'number' : 'integer', format: format || 'int64' };
  if (type === 'string' || type === 'boolean') return format === '' ? { type } : { type, format };
  if (type === 'any' || type === 'object') return { type: 'object' };
  return ref(addModel(closure, type, parent));
}

function leaf(closure: Closure, name: string): Schema {
  const schema = own(LEAVES, name);
  if (schema !== undefined) setOwn(closure.schemas, name, schema);
  return ref(name);
}

function addModel(closure: Closure, model: string, parent: string): string {
  const name = qualifiedName(model, closure.groups, parent);
  if (own(closure.schemas, name) !== undefined) return name;
  const { description, attributes, descriptions, required } = readModel(closure.directory, model);
  const properties: Record<string, Schema> = {};
  const schema: Schema = {
    type: 'object',
    description,
    properties,
    ...present({ required: required.length > 0 ? required : undefined }),
    ...(isAtomicType(name) ? { 'x-kubernetes-map-type': 'atomic' } : {}),
  };
  setOwn(closure.schemas, name, schema);
  for (const { baseName, type, format } of attributes) {
    setOwn(
      properties,
      baseName,
      propertySchema(
        closure,
        name,
        { baseName, type, format },
        descriptions.get(baseName) ?? closure.fields.get(`${typeName(model)}.${baseName}`),
      ),
    );
  }
  return name;
}

function propertySchema(
  closure: Closure,
  parent: string,
  { baseName, type, format }: Attribute,
  description: string | undefined,
): Schema {
  const schema = typeSchema(closure, type, format, parent, baseName);
  const described = present({ description });
  if (schema.$ref !== undefined) return { ...described, allOf: [{ $ref: schema.$ref }] };
  const rule = schema.type === 'array' ? listRule(parent.replace(/^.*\./, ''), baseName) : {};
  return {
    ...described,
    ...schema,
    ...(isAtomicMap(parent.replace(/^.*\./, ''), baseName)
      ? { 'x-kubernetes-map-type': 'atomic' }
      : {}),
    ...present({
      'x-kubernetes-patch-strategy':
        rule.patchKey === undefined ? undefined : rule.retainKeys ? 'merge,retainKeys' : 'merge',
      'x-kubernetes-patch-merge-key': rule.patchKey || undefined,
    }),
    ...(rule.mapKeys === undefined
      ? {}
      : rule.mapKeys.length === 0
        ? { 'x-kubernetes-list-type': 'set' }
        : { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': rule.mapKeys }),
  };
}

export interface Kinds {
  schemas: Record<string, Schema>;
  /** `kindKey`, or `/<kind>` of kinds that appear only in bodies -> name of the schema. */
  kinds: Record<string, string>;
}

/** All schemas reachable from the served kinds. */
export function generateKinds(): Kinds {
  const directory = join(dirname(requireHere.resolve('@kubernetes/client-node')), 'gen', 'models');
  const closure: Closure = { directory, ...readKnown(), schemas: {} };
  const kinds: Record<string, string> = {};
  for (const { model, group, version, kind } of RESOURCES) {
    const name = addModel(closure, model, 'io.k8s.api.core.v1.x');
    setOwn(kinds, kindKey({ group, version, kind }), name);
    const schema = own(closure.schemas, name);
    if (schema !== undefined)
      schema['x-kubernetes-group-version-kind'] = [{ group, version, kind }];
  }
  for (const model of BODY_MODELS)
    setOwn(kinds, `/${typeName(model)}`, addModel(closure, model, 'io.k8s.api.core.v1.x'));
  return { schemas: closure.schemas, kinds };
}
