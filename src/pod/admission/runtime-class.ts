// What a runtime class gives to the pods that name it (Kubernetes' plugin RuntimeClass): overhead, a node selector, tolerations.
import { isDeepStrictEqual } from 'node:util';
import type { PodSpec } from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import { canonicalList } from '../model/quantity.ts';
import { present } from '../../present.ts';

/** The parts of a stored class that concern a pod. */
export interface RuntimeClassFacts {
  overhead?: Record<string, string>;
  nodeSelector?: Record<string, string>;
  tolerations?: NonNullable<PodSpec['tolerations']>;
}

/** The spec with what the class gives, or the text of a refusal. `found`: the class that the pod names; undefined: there is none. */
export function withRuntimeClass(
  spec: PodSpec,
  found: RuntimeClassFacts | undefined,
): { spec: PodSpec } | { forbidden: string } {
  if (spec.runtimeClassName === undefined)
    return spec.overhead
      ? {
          forbidden:
            'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
        }
      : { spec };
  if (found === undefined)
    return { forbidden: `pod rejected: RuntimeClass "${spec.runtimeClassName}" not found` };
  const overhead = found.overhead && canonicalList(found.overhead);
  if (spec.overhead && !isDeepStrictEqual(canonicalList(spec.overhead), overhead))
    return {
      forbidden: overhead
        ? "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"
        : 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
    };
  const conflict = conflictOf(spec, found);
  if (conflict !== undefined) return { forbidden: conflict };
  return {
    spec: {
      ...spec,
      ...present({ overhead }),
      ...(found.nodeSelector && { nodeSelector: { ...spec.nodeSelector, ...found.nodeSelector } }),
      ...(found.tolerations && { tolerations: merged(spec.tolerations ?? [], found.tolerations) }),
    },
  };
}

function conflictOf({ nodeSelector }: PodSpec, found: RuntimeClassFacts): string | undefined {
  for (const [key, value] of Object.entries(found.nodeSelector ?? {})) {
    const given = own(nodeSelector, key);
    if (given !== undefined && given !== value)
      return `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${given}`;
  }
  return undefined;
}

type Tolerations = NonNullable<RuntimeClassFacts['tolerations']>;

const merged = (given: Tolerations, more: Tolerations): Tolerations => [
  ...given,
  ...more.filter((one) => !given.some((other) => isDeepStrictEqual(one, other))),
];
