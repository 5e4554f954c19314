// Namespaces: their first objects at creation, their content at deletion.
import { wholeSeconds } from '../../kinds/time.ts';
import type { KubeObject, Namespace } from '../../kinds/pod.ts';
import { present } from '../../present.ts';
import { othersChanged } from '../../steps/settle/reschedule.ts';
import {
  defaultNamespace,
  validateNamespace,
  validateNamespaceUpdate,
} from '../../validation/namespace.ts';
import { fillNamespace } from '../namespaces/fill-namespace.ts';
import { age, ageColumn, column, lazyPrinter, nameColumn } from './columns.ts';
import { plain, statusOf, text } from './plain.ts';
import type { Strategy } from './strategy.ts';

const PROTECTED = new Set(['default', 'kube-system', 'kube-public']);
const NAME_LABEL = 'kubernetes.io/metadata.name';

const namespaceOf = (object: KubeObject): Namespace => object as Namespace;
const objectOf = (namespace: Namespace): KubeObject => ({
  ...namespace,
  metadata: namespace.metadata ?? {},
});

const withNameLabel = (object: KubeObject): KubeObject => {
  const { name } = object.metadata;
  return name
    ? {
        ...object,
        metadata: { ...object.metadata, labels: { ...object.metadata.labels, [NAME_LABEL]: name } },
      }
    : object;
};

function beginDelete(object: KubeObject, now: Date): KubeObject | undefined {
  const finalizers = namespaceOf(object).spec?.finalizers ?? [];
  if (finalizers.length === 0) return undefined;
  if (object.metadata.deletionTimestamp !== undefined) return object;
  const metadata = {
    ...object.metadata,
    deletionTimestamp: wholeSeconds(now),
  };
  return { ...object, metadata, status: { ...namespaceOf(object).status, phase: 'Terminating' } };
}

/** The main endpoint, which may not write spec.finalizers or status. */
export const namespaces: Strategy = {
  ...plain,
  fields: {
    own: true,
    fields: {
      'status.phase': (object) => text(object, 'status', 'phase'),
      name: (object) => object.metadata.name ?? '',
    },
  },
  printer: lazyPrinter(
    () => [nameColumn(), column('Status', 'The status of the namespace'), ageColumn()],
    (object) => [object.metadata.name ?? '', text(object, 'status', 'phase'), age(object)],
  ),
  defaults: (object) => withNameLabel(objectOf(defaultNamespace(namespaceOf(object)))),
  prepareForCreate: (object) => {
    const finalizers = namespaceOf(object).spec?.finalizers ?? [];
    return withNameLabel({
      ...object,
      spec: {
        finalizers: finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes'],
      },
      status: { phase: 'Active' },
    });
  },
  validate: (object) => validateNamespace(namespaceOf(object)),
  prepareForUpdate: (next, old) =>
    withNameLabel({ ...next, spec: old['spec'], status: old['status'] }),
  validateUpdate: (next, old) => validateNamespaceUpdate(namespaceOf(next), namespaceOf(old)),
  resetFields: ['status', 'spec'],
  returnsDeleted: true,
  refuseDelete: ({ metadata }) =>
    PROTECTED.has(metadata.name ?? '') ? 'this namespace may not be deleted' : undefined,
  beginDelete,
  created: async (object, { ports }) => fillNamespace(ports, object.metadata.name ?? ''),
  updated: async (object, old, { ports }) => {
    if (JSON.stringify(object.metadata.labels) !== JSON.stringify(old.metadata.labels))
      await othersChanged(ports);
  },
};

/** `/status` of namespaces. */
export const namespaceStatus: Strategy = statusOf(namespaces);

/** `/finalize`: only spec.finalizers is taken; once the last one is removed, the namespace goes. */
export const namespaceFinalize: Strategy = {
  ...namespaces,
  prepareForUpdate: (next, old) => ({
    ...old,
    metadata: {
      ...old.metadata,
      ...present({ resourceVersion: next.metadata.resourceVersion || undefined }),
    },
    spec: next['spec'] ?? {},
  }),
};
