// ControllerRevisions: past templates of a StatefulSet or DaemonSet. Their data is immutable; their revision may rise.
import type { FieldError } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { notNegative, required } from '../../validation/field-errors.ts';
import { age, ageColumn, column, fieldDescription, lazyPrinter, nameColumn } from './columns.ts';
import { immutable, member, plain } from './plain.ts';
import type { Strategy } from './strategy.ts';

const SCHEMA = 'io.k8s.api.apps.v1.ControllerRevision';

const revisionOf = (object: KubeObject): number => Number(member(object, 'revision') ?? 0);

/** The owner, e.g. `statefulset.apps/web`. */
function controllerOf({ metadata }: KubeObject): string {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (owner === undefined) return '<none>';
  const group = owner.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0] ?? ''}` : '';
  return `${owner.kind.toLowerCase()}${group}/${owner.name}`;
}

const validateRevision = (object: KubeObject): FieldError[] => [
  ...(member(object, 'data') === undefined ? [required('data', 'data is mandatory')] : []),
  ...notNegative('revision', revisionOf(object)),
];

export const controllerRevisions: Strategy = {
  ...plain,
  printer: lazyPrinter(
    () => [
      nameColumn(),
      column('Controller', 'Controller of the object'),
      column('Revision', fieldDescription(SCHEMA, 'revision')),
      ageColumn(),
    ],
    (object) => [object.metadata.name ?? '', controllerOf(object), revisionOf(object), age(object)],
  ),
  validate: (object, call) => [...plain.validate(object, call), ...validateRevision(object)],
  validateUpdate: (next, old, call) => [
    ...plain.validateUpdate(next, old, call),
    ...validateRevision(next),
    ...immutable('data', member(next, 'data'), member(old, 'data')),
  ],
};
