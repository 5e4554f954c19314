// Which objects a quota with scopes counts: all of its scopes must match.
import type { KubeObject, Pod, ResourceQuota } from '../../kinds/pod.ts';
import { isMap } from '../../own.ts';
import { qosClass } from '../../pod/model/qos.ts';
import { toPod } from '../../pod/model/to-pod.ts';
import { isMet } from '../../pod/placement/selection.ts';

export interface Scope {
  scopeName: string;
  operator: string;
  values?: string[];
}

/** The scopes of a quota, as scope selectors. */
export const scopesOf = ({ spec = {} }: ResourceQuota): Scope[] => [
  ...(spec.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' })),
  ...(spec.scopeSelector?.matchExpressions ?? []),
];

/** Whether an object of `resource` matches all scopes. Only pods and claims can be scoped. */
export function isWithin(scopes: readonly Scope[], resource: string, object: KubeObject): boolean {
  if (scopes.length === 0) return true;
  if (resource === 'pods') return scopes.every((scope) => holdsForPod(scope, toPod(object)));
  if (resource === 'persistentvolumeclaims')
    return scopes.every((scope) => holdsForClaim(scope, object));
  return false;
}

function holdsForPod(scope: Scope, pod: Pod): boolean {
  switch (scope.scopeName) {
    case 'Terminating':
      return isTerminating(pod);
    case 'NotTerminating':
      return !isTerminating(pod);
    case 'BestEffort':
      return qosClass(pod) === 'BestEffort';
    case 'NotBestEffort':
      return qosClass(pod) !== 'BestEffort';
    case 'PriorityClass':
      return names(scope, pod.spec.priorityClassName);
    case 'CrossNamespacePodAffinity':
      return looksElsewhere(pod);
    default:
      return false;
  }
}

const isTerminating = ({ spec }: Pod): boolean => (spec.activeDeadlineSeconds ?? -1) >= 0;

/** The scope's operator and values, applied to a name that may be missing. */
const names = ({ scopeName, operator, values }: Scope, name: string | undefined): boolean =>
  isMet({ key: scopeName, operator, values: values ?? [] }, name ? { [scopeName]: name } : {});

function looksElsewhere({ spec: { affinity } }: Pod): boolean {
  const terms = [affinity?.podAffinity, affinity?.podAntiAffinity].flatMap((rules) => [
    ...(rules?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(rules?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ podAffinityTerm }) => podAffinityTerm,
    ),
  ]);
  return terms.some(
    ({ namespaces, namespaceSelector }) =>
      (namespaces ?? []).length > 0 || namespaceSelector !== undefined,
  );
}

function holdsForClaim(scope: Scope, { spec }: KubeObject): boolean {
  const name = isMap(spec) ? spec['volumeAttributesClassName'] : undefined;
  return (
    scope.scopeName === 'VolumeAttributesClass' &&
    names(scope, typeof name === 'string' ? name : undefined)
  );
}
