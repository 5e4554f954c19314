// The pod of a StatefulSet at an ordinal: its name, identity and claims (pkg/controller/statefulset/stateful_set_utils.go).
import type { KubeObject, PodSpec } from '../kinds/pod.ts';
import { isMap } from '../own.ts';
import { present } from '../present.ts';
import type { PodTemplate } from './pod-template.ts';
import type { StatefulSet } from './stateful-set.ts';

/** The label that names the revision from which a pod was created. */
export const REVISION_LABEL = 'controller-revision-hash';

export const podName = ({ metadata }: KubeObject, ordinal: number): string =>
  `${metadata.name ?? ''}-${ordinal}`;

/** The ordinal at the end of a pod's name; undefined: the name is not of this set. */
export function ordinalOf(set: KubeObject, pod: KubeObject): number | undefined {
  const [, parent, ordinal] = /^(.*)-(\d+)$/.exec(pod.metadata.name ?? '') ?? [];
  return parent === set.metadata.name && ordinal !== undefined ? Number(ordinal) : undefined;
}

/** The spec with a volume for each claim template; such a volume replaces one of the same name. */
export function withClaimVolumes(
  spec: PodSpec,
  claims: readonly KubeObject[],
  suffix: string,
): PodSpec {
  if (claims.length === 0) return spec;
  const names = claims.map(({ metadata }) => metadata.name ?? '');
  const others = (spec.volumes ?? []).filter(({ name }) => !names.includes(name));
  return {
    ...spec,
    volumes: [
      ...names.map((name) => ({
        name,
        persistentVolumeClaim: { claimName: `${name}${suffix}` },
      })),
      ...others,
    ],
  };
}

/** The pod without its owner reference. */
export function statefulPod(
  set: StatefulSet,
  ordinal: number,
  { template, revision }: { template: PodTemplate; revision: string },
): KubeObject {
  const name = podName(set, ordinal);
  const { labels, annotations, finalizers } = template.metadata;
  const { serviceName, volumeClaimTemplates = [] } = set.spec;
  return {
    metadata: {
      name,
      ...present({
        namespace: set.metadata.namespace,
        annotations,
        finalizers,
      }),
      labels: {
        ...labels,
        'apps.kubernetes.io/pod-index': String(ordinal),
        [REVISION_LABEL]: revision,
        'statefulset.kubernetes.io/pod-name': name,
      },
    },
    spec: {
      ...withClaimVolumes(template.spec, volumeClaimTemplates, `-${name}`),
      hostname: name,
      ...present({ subdomain: serviceName || undefined }),
    },
  };
}

/** The claims of the pod at an ordinal, without owner references. */
export const claimsOf = (set: StatefulSet, ordinal: number): KubeObject[] =>
  (set.spec.volumeClaimTemplates ?? []).map((claim) => ({
    metadata: {
      ...claim.metadata,
      name: `${claim.metadata.name ?? ''}-${podName(set, ordinal)}`,
      ...present({ namespace: set.metadata.namespace }),
      labels: { ...claim.metadata.labels, ...set.spec.selector?.matchLabels },
    },
    spec: isMap(claim['spec']) ? claim['spec'] : {},
  }));
