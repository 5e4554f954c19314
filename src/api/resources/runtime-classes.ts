// RuntimeClasses: scheduling and overhead of the pods that name them (src/pod/admission/runtime-class.ts). droppod has only one runtime,
// so the handler is just a name.
import type { FieldError } from '../../errors.ts';
import type { KubeObject, PodSpec } from '../../kinds/pod.ts';
import { isMap } from '../../own.ts';
import type { RuntimeClassFacts } from '../../pod/admission/runtime-class.ts';
import { canonicalList } from '../../pod/model/quantity.ts';
import { validateResources } from '../../pod/validation/resources.ts';
import { validateTolerations } from '../../pod/validation/scheduling.ts';
import { present } from '../../present.ts';
import { invalidEach } from '../../validation/field-errors.ts';
import { labelProblems } from '../../validation/names.ts';
import { validateLabels } from '../../validation/object-meta.ts';
import { age, ageColumn, column, lazyPrinter, nameColumn } from './columns.ts';
import { immutable, member, plain, text } from './plain.ts';
import type { Strategy } from './strategy.ts';

const texts = (value: unknown): Record<string, string> | undefined =>
  isMap(value) && Object.keys(value).length > 0 ? (value as Record<string, string>) : undefined;

/** What the class gives to a pod. */
export function runtimeFactsOf(object: KubeObject): RuntimeClassFacts {
  const tolerations = member(object, 'scheduling', 'tolerations');
  return present({
    overhead: texts(member(object, 'overhead', 'podFixed')),
    nodeSelector: texts(member(object, 'scheduling', 'nodeSelector')),
    tolerations: Array.isArray(tolerations)
      ? (tolerations as NonNullable<PodSpec['tolerations']>)
      : undefined,
  });
}

function validateClass(object: KubeObject): FieldError[] {
  const { overhead, nodeSelector, tolerations = [] } = runtimeFactsOf(object);
  const handler = text(object, 'handler');
  return [
    ...invalidEach('handler', handler, labelProblems(handler)),
    ...(overhead ? validateResources({ limits: overhead }, 'overhead', []) : []),
    ...validateLabels(nodeSelector, 'scheduling.nodeSelector'),
    ...validateTolerations(tolerations).map((problem) => ({
      ...problem,
      field: problem.field.replace(/^spec\./, 'scheduling.'),
    })),
  ];
}

function withCanonicalOverhead(object: KubeObject): KubeObject {
  const { overhead } = runtimeFactsOf(object);
  return overhead ? { ...object, overhead: { podFixed: canonicalList(overhead) } } : object;
}

export const runtimeClasses: Strategy = {
  ...plain,
  printer: lazyPrinter(
    () => [nameColumn(), column('Handler', 'The handler of the class'), ageColumn()],
    (object) => [object.metadata.name ?? '', text(object, 'handler'), age(object)],
  ),
  defaults: withCanonicalOverhead,
  validate: (object, call) => [...plain.validate(object, call), ...validateClass(object)],
  validateUpdate: (next, old, call) => [
    ...plain.validateUpdate(next, old, call),
    ...immutable('handler', text(next, 'handler'), text(old, 'handler')),
  ],
};
