// Objects of custom kinds: validated by their definition's schema, in the order of apiextensions-apiserver.
import { embeddedProblems } from '../../custom/embedded.ts';
import { fillDefaults } from '../../custom/fill-defaults.ts';
import { evaluate, parseJsonPath, simplePath } from '../../custom/json-path.ts';
import { listTypeProblems } from '../../custom/list-types.ts';
import { asResource, prune } from '../../custom/prune.ts';
import { ruleFindings } from '../../custom/rules/run-rules.ts';
import { scaleProblems } from '../../custom/scale-paths.ts';
import { validate } from '../../custom/validate.ts';
import { sortKeys } from '../../custom/sort-keys.ts';
import { startWork, workProblems } from '../../custom/work.ts';
import { ApiError } from '../../errors.ts';
import type { FieldError } from '../../errors.ts';
import type { CustomColumn, CustomKind } from '../../kinds/custom-kind.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import type { Resource } from '../../kinds/resources.ts';
import { own } from '../../own.ts';
import { age as ageSince } from '../../pod/status/human-duration.ts';
import type { Cell } from '../../pod/status/human-duration.ts';
import { present } from '../../present.ts';
import { endDefinition } from '../../steps/definitions/end-definition.ts';
import { validateAnyMeta, validateAnyMetaUpdate } from '../../validation/object-meta.ts';
import { finalizerWarnings } from '../../validation/finalizer-warnings.ts';
import { age, ageColumn, lazyPrinter, nameColumn } from './columns.ts';
import { plain } from './plain.ts';
import type { Column, Printer, Strategy } from './strategy.ts';

type Values = { [key: string]: unknown };

/** Everything but metadata, which has rules of its own. */
const contentOf = ({ metadata: _metadata, ...content }: KubeObject): Values => content;
const withContent = (object: KubeObject, content: unknown): KubeObject => ({
  metadata: object.metadata,
  ...(content as Values),
});

const BLOCKING = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

/** Problems by schema, list types and rules; an unchanged part of `old` keeps its problems without a finding. */
function contentProblems(
  kind: CustomKind,
  object: KubeObject,
  old: KubeObject | undefined,
  part?: 'status',
): FieldError[] {
  const schema = asResource(kind.schema);
  const content = contentOf(object);
  const before = old && contentOf(old);
  const work = startWork();
  const bySchema =
    part === undefined
      ? validate(content, schema, work, '', before)
      : validate(
          own(content, part) ?? {},
          own(kind.schema.properties, part) ?? {},
          work,
          part,
          before && own(before, part),
        );
  const lists = (value: Values): FieldError[] => listTypeProblems(value, schema);
  const problems = [
    ...bySchema,
    ...scaleProblems(kind.scale, content),
    ...(part === undefined ? embeddedProblems(content, schema) : []),
    ...(before !== undefined && lists(before).length > 0 ? [] : lists(content)),
    ...workProblems(work),
  ];
  return [...problems, ...ruleFindings(kind.schema, object, old, problems.some(isBlocking))];
}

const isBlocking = ({ reason }: FieldError): boolean => BLOCKING.has(reason);

function cellOf({ type, jsonPath }: CustomColumn, object: KubeObject): Cell {
  const path = parseJsonPath(jsonPath);
  const found = path === undefined ? [] : evaluate(path, object);
  const [value] = found;
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? ageSince(value) : '<unknown>';
    default:
      return found
        .map((one) => (typeof one === 'string' ? one : (JSON.stringify(one) ?? '')))
        .join(',');
  }
}

function printerOf({ columns }: CustomKind): Printer {
  if (columns.length === 0)
    return lazyPrinter(
      () => [nameColumn(), { ...ageColumn(), type: 'date' }],
      (object) => [object.metadata.name ?? '', age(object)],
    );
  return lazyPrinter(
    () => [
      nameColumn(),
      ...columns.map(({ name, type, format, description, priority }): Column => ({
        name,
        type: type as Column['type'],
        ...present({ format }),
        description:
          description ||
          `Custom resource definition column (in JSONPath format): ${columns.find((one) => one.name === name)?.jsonPath ?? ''}`,
        priority: priority ?? 0,
      })),
    ],
    (object) => [object.metadata.name ?? '', ...columns.map((one) => cellOf(one, object))],
  );
}

const fieldsOf = ({ selectable }: CustomKind): Strategy['fields'] => ({
  own: true,
  fields: Object.fromEntries(
    selectable.map((text) => {
      const path = simplePath(text) ?? [];
      return [
        path.join('.'),
        (object: KubeObject) => {
          let value: unknown = object;
          for (const name of path) value = own(value as Values | undefined, name);
          return value === undefined || value === null ? '' : String(value as string);
        },
      ];
    }),
  ),
});

function keepStatus(kind: CustomKind, next: KubeObject, old: KubeObject): KubeObject {
  if (!kind.hasStatus) return next;
  const { status: _status, ...rest } = next;
  return { ...rest, metadata: next.metadata, ...present({ status: old['status'] }) };
}

function mainStrategy({ namespaced, version }: Resource, kind: CustomKind): Strategy {
  const root = asResource(kind.schema);
  const stored = asResource(kind.storageSchema);
  const read = (object: KubeObject): KubeObject => {
    const known = fillDefaults(prune(contentOf(object), stored), stored);
    return withContent(object, version === kind.storageVersion ? known : prune(known, root));
  };
  return {
    ...plain,
    fields: fieldsOf(kind),
    printer: printerOf(kind),
    defaults: (object) => withContent(object, sortKeys(fillDefaults(contentOf(object), root))),
    prepareForCreate: (object) => ({
      ...keepStatus(kind, object, { metadata: {} }),
      metadata: { ...object.metadata, generation: 1 },
    }),
    validate: (object) => [
      ...validateAnyMeta(object.metadata, { namespaced, name: 'subdomain' }),
      ...contentProblems(kind, object, undefined),
    ],
    warnings: ({ metadata }) => finalizerWarnings(metadata.finalizers ?? []),
    prepareForUpdate: (next, old) => keepStatus(kind, next, old),
    validateUpdate: (next, old) => [
      ...validateAnyMetaUpdate(next.metadata, old.metadata),
      ...contentProblems(kind, next, read(old)),
    ],
    resetFields: kind.hasStatus ? ['status'] : [],
    generation: true,
    counted: (object) => contentOf(read(object)),
    versionedUpdate: true,
    creating: () => {
      if (!kind.terminating) return Promise.resolve();
      throw new ApiError(
        'Forbidden',
        'create not allowed while custom resource definition is terminating',
      );
    },
    created: (_object, { ports }) => endDefinition(ports, kind.definition),
    removed: (_object, { ports }) => endDefinition(ports, kind.definition),
    toWire: read,
    ...present({ deprecation: kind.deprecation }),
  };
}

/** `/status` accepts only the status, not even labels. */
function statusStrategy(main: Strategy, kind: CustomKind): Strategy {
  return {
    ...main,
    prepareForUpdate: (next, old) => ({
      ...old,
      metadata: {
        ...old.metadata,
        ...present({
          resourceVersion: next.metadata.resourceVersion,
          managedFields: next.metadata.managedFields,
        }),
      },
      ...('status' in next ? { status: next['status'] } : { status: undefined }),
    }),
    validateUpdate: (next, old) => [
      ...validateAnyMetaUpdate(next.metadata, old.metadata),
      ...contentProblems(kind, next, old, 'status'),
    ],
    resetFields: ['spec'],
    generation: false,
  };
}

const made = new WeakMap<CustomKind, { main: Strategy; status: Strategy }>();

/** The strategy of an endpoint of a custom kind. */
export function customStrategy(
  resource: Resource,
  kind: CustomKind,
  subresource: string,
): Strategy {
  let known = made.get(kind);
  if (known === undefined) {
    const main = mainStrategy(resource, kind);
    known = { main, status: statusStrategy(main, kind) };
    made.set(kind, known);
  }
  return subresource === 'status' ? known.status : known.main;
}
