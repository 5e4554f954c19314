// Defaults and rules of a Namespace.
import type { FieldError } from '../errors.ts';
import type { Namespace } from '../kinds/pod.ts';
import { invalidEach } from './field-errors.ts';
import { qualifiedNameProblems } from './names.ts';
import {
  kubeFinalizerProblems,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from './object-meta.ts';

const NAME_LABEL = 'kubernetes.io/metadata.name';

/** The Namespace with its name as a label; on creation the API also sets finalizers and phase. */
export function defaultNamespace(namespace: Namespace): Namespace {
  const { metadata = {} } = namespace;
  return metadata.name
    ? {
        ...namespace,
        metadata: { ...metadata, labels: { ...metadata.labels, [NAME_LABEL]: metadata.name } },
      }
    : namespace;
}

/** Problems of a Namespace at creation, metadata included. */
export function validateNamespace(namespace: Namespace): FieldError[] {
  const finalizers = (namespace.spec?.finalizers ?? []).flatMap((finalizer) =>
    invalidEach('spec.finalizers', finalizer, [
      ...qualifiedNameProblems(finalizer),
      ...kubeFinalizerProblems(finalizer),
    ]),
  );
  return [
    ...validateObjectMeta(namespace.metadata ?? {}, { namespaced: false, name: 'label' }),
    ...finalizers,
  ];
}

/** Problems of an update, metadata included. */
export const validateNamespaceUpdate = (next: Namespace, old: Namespace): FieldError[] => [
  ...validateNamespace(next),
  ...validateObjectMetaUpdate(next.metadata ?? {}, old.metadata ?? {}),
];
