// CustomResourceDefinitions: their names are accepted after the write, and their objects are deleted before them.
import { withCondition } from '../../custom/definition/accept-names.ts';
import { definitionProblems } from '../../custom/definition/check-definition.ts';
import { unknownFormats } from '../../custom/definition/schema-walk.ts';
import {
  CLEANUP,
  defaultDefinition,
  toDefinition,
  withStoredVersion,
} from '../../custom/definition/definition.ts';
import { badRequest } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { wholeSeconds } from '../../kinds/time.ts';
import { endDefinition } from '../../steps/definitions/end-definition.ts';
import { settleDefinitions } from '../../steps/definitions/settle-definitions.ts';
import { invalidEach } from '../../validation/field-errors.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from '../../validation/object-meta.ts';
import { isDeeper } from '../wire/json.ts';
import type { Json } from '../../ports/json.ts';
import { column, lazyPrinter, nameColumn } from './columns.ts';
import { plain, statusOf } from './plain.ts';
import type { Strategy } from './strategy.ts';

/** Levels of JSON; each schema level takes two. No rule below can overflow the stack. */
const MAX_SCHEMA_DEPTH = 200;

const TERMINATING = {
  type: 'Terminating',
  status: 'True',
  reason: 'InstanceDeletionPending',
  message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
};

function beginDelete(object: KubeObject, now: Date): KubeObject | undefined {
  if (object.metadata.deletionTimestamp !== undefined) {
    // A repeated request continues where the first one stopped.
    return (object.metadata.finalizers ?? []).length > 0 ? object : undefined;
  }
  const definition = toDefinition(object);
  const at = wholeSeconds(now);
  const finalizers = object.metadata.finalizers ?? [];
  return {
    ...definition,
    metadata: {
      ...object.metadata,
      finalizers: finalizers.includes(CLEANUP) ? finalizers : [...finalizers, CLEANUP],
      generation: (object.metadata.generation ?? 0) + 1,
      deletionTimestamp: at,
      deletionGracePeriodSeconds: 0,
    },
    status: {
      ...definition.status,
      conditions: withCondition(definition.status.conditions, TERMINATING, at),
    },
  };
}

/** The name that a definition must have. */
const requiredName = (object: KubeObject): string => {
  const { names, group } = toDefinition(object).spec;
  return `${names.plural}.${group}`;
};

/** The main endpoint, which may not write the status. */
export const definitions: Strategy = {
  ...plain,
  printer: lazyPrinter(
    () => [nameColumn(), column('Created At', 'The time at which the definition was created')],
    ({ metadata }) => [metadata.name ?? '', String(metadata.creationTimestamp ?? '')],
  ),
  defaults: (object) => {
    if (isDeeper(object['spec'] as Json, MAX_SCHEMA_DEPTH))
      throw badRequest('CustomResourceDefinition: exceeded max depth');
    return defaultDefinition(toDefinition(object));
  },
  prepareForCreate: (object) => {
    const { status: _status, ...rest } = object;
    return withStoredVersion(
      toDefinition({ ...rest, metadata: { ...object.metadata, generation: 1 } }),
    );
  },
  validate: (object) => [
    ...validateObjectMeta(object.metadata, { namespaced: false, name: 'subdomain' }),
    ...(object.metadata.name === requiredName(object)
      ? []
      : invalidEach('metadata.name', object.metadata.name ?? '', [
          'must be spec.names.plural+"."+spec.group',
        ])),
    ...definitionProblems(toDefinition(object)),
  ],
  warnings: (object) =>
    unknownFormats(toDefinition(object)).map(
      (format) => `unrecognized format ${JSON.stringify(format)}`,
    ),
  prepareForUpdate: (next, old) => ({
    ...withStoredVersion({ ...toDefinition(next), status: toDefinition(old).status }),
  }),
  validateUpdate: (next, old) => [
    ...validateObjectMetaUpdate(next.metadata, old.metadata),
    ...definitionProblems(toDefinition(next), toDefinition(old)),
  ],
  resetFields: ['status'],
  generation: true,
  versionedUpdate: true,
  returnsDeleted: true,
  beginDelete,
  created: (object, { ports }) => settleDefinitions(ports, toDefinition(object).spec.group),
  updated: async (object, _old, { ports }) => {
    await settleDefinitions(ports, toDefinition(object).spec.group);
    await endDefinition(ports, object.metadata.name ?? '');
  },
  deleting: ({ metadata }, { ports }) => endDefinition(ports, metadata.name ?? ''),
  removed: (object, { ports }) => settleDefinitions(ports, toDefinition(object).spec.group),
};

/** `/status` of definitions. */
export const definitionStatus: Strategy = statusOf(definitions);
