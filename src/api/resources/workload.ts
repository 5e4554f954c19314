// What the strategies of all kinds with a pod template share: generation and status, and refusals and warnings of the pods to be created.
import type { FieldError } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { refuseTemplate, templateWarnings } from '../../workloads/pod-template.ts';
import type { PodTemplate } from '../../workloads/pod-template.ts';
import type { Call } from '../call.ts';
import { keepStatus, onNewGeneration, plain } from './plain.ts';
import { refusals } from './pods.ts';
import type { Strategy } from './strategy.ts';

/** How a kind of workload differs from the others. */
interface Workload {
  defaults(object: KubeObject): KubeObject;
  /** The status of a new object; absent: empty. */
  firstStatus?: object;
  /** The template of the pods; undefined: the object has none. */
  templateOf(object: KubeObject): PodTemplate | undefined;
  /** The template's path; absent: `spec.template`. */
  path?: string;
  /** Problems of a new object by the kind's rules. */
  problems(object: KubeObject, call: Call): FieldError[];
  /** Problems of an update by the kind's rules. */
  updateProblems(next: KubeObject, old: KubeObject): FieldError[];
  /** Warnings about a new object, before those about its pods. */
  warnings?(object: KubeObject): string[];
}

/** The strategy of a workload's main endpoint; a kind adds its printer and replaces what differs. */
export function workload(kind: Workload): Omit<Strategy, 'printer'> {
  const { path = 'spec.template', templateOf, firstStatus = {} } = kind;
  const podWarnings = (object: KubeObject): string[] => {
    const template = templateOf(object);
    return template ? templateWarnings(template, path) : [];
  };
  return {
    ...plain,
    defaults: (object) => kind.defaults(object),
    prepareForCreate: (object) => newWorkload(object, firstStatus),
    validate: (object, call) =>
      withRefusals(templateOf(object), kind.problems(object, call), call, path),
    warnings: (object) => [...(kind.warnings?.(object) ?? []), ...podWarnings(object)],
    updateWarnings: onNewGeneration(podWarnings),
    prepareForUpdate: keepStatus,
    validateUpdate: (next, old, call) =>
      withRefusals(templateOf(next), kind.updateProblems(next, old), call, path),
    resetFields: ['status'],
    generation: true,
  };
}

/** A new object: its first generation and status. */
export const newWorkload = (object: KubeObject, status: object): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, generation: 1 },
  status,
});

/** The rules first, then droppod's refusals of the pods to be created. */
export const withRefusals = (
  template: PodTemplate | undefined,
  problems: FieldError[],
  call: Call,
  path = 'spec.template',
): FieldError[] =>
  problems.length > 0 || template === undefined
    ? problems
    : refusals(call, refuseTemplate(template, path, call.ports.settings));
