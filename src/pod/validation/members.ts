// Reading members of structures that only their content distinguishes.
import type { PodSpec } from '../../kinds/pod.ts';
import { isMap, own } from '../../own.ts';

export type Members = Record<string, unknown>;

/** A text member; '' where it is missing. */
export function textOf(source: Members, member: string): string {
  const value = own(source, member);
  return typeof value === 'string' ? value : '';
}

/** The security contexts of all containers and init containers, by their field. */
export const contextsOf = (spec: PodSpec): [string, Members][] =>
  (['containers', 'initContainers'] as const).flatMap((list) =>
    (spec[list] ?? []).map(({ securityContext }, index): [string, Members] => [
      `spec.${list}[${index}].securityContext`,
      isMap(securityContext) ? securityContext : {},
    ]),
  );
