// Admission of a new pod, as pure steps on facts that the caller looked up: service account, token volume, priority, tolerations.
import type { Container, Pod, PodSpec, ServiceAccount } from '../../kinds/pod.ts';
import { own } from '../../own.ts';

import type { RuntimeClassFacts } from './runtime-class.ts';
import { withRuntimeClass } from './runtime-class.ts';

const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const TOKEN_VOLUME = 'kube-api-access-';
/** Some seconds more than an hour, so that nodes without token rotation can be recognised. */
const TOKEN_SECONDS = 3607;
const TOLERATED_SECONDS = 300;
const DEFAULT_MODE = 420;
const PREEMPTION = 'PreemptLowerPriority';

/** Built-in classes and their values. */
export const SYSTEM_CLASSES: Record<string, number> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

export interface PriorityClassFacts {
  name: string;
  value: number;
  preemptionPolicy?: string;
}

/** The facts that the caller looked up. */
export interface AdmissionFacts {
  /** The pod's service account (see serviceAccountOf); undefined where it does not exist. */
  serviceAccount: ServiceAccount | undefined;
  /** Five characters for the name of the token volume. */
  suffix: string;
  /** The priority class that the pod names, or the global default where it names none. system-* classes are built in here. */
  priorityClass?: PriorityClassFacts | undefined;
  /** The runtime class that the pod names; undefined: it does not exist. */
  runtimeClass?: RuntimeClassFacts | undefined;
}

/** The admitted pod, or the text after `pods "x" is forbidden: `. */
export type Admission = { pod: Pod } | { forbidden: string };

/** The name of the service account to look up before admission. */
export const serviceAccountOf = (pod: Pod): string => pod.spec.serviceAccountName || 'default';

/** Admits a defaulted pod at creation, in Kubernetes' order: service account, priority, tolerations, runtime class. */
export function admitPod(pod: Pod, facts: AdmissionFacts): Admission {
  const account = serviceAccountOf(pod);
  if (!facts.serviceAccount) {
    return {
      forbidden: `error looking up service account ${pod.metadata.namespace ?? ''}/${account}: serviceaccount "${account}" not found`,
    };
  }
  const priority = priorityOf(pod.spec, facts.priorityClass);
  if ('forbidden' in priority) return priority;
  const spec = withToken(
    { ...withAccount(pod.spec, account, facts.serviceAccount), ...priority },
    facts,
  );
  const tolerant = { ...spec, tolerations: withDefaultTolerations(spec) };
  const classed = withRuntimeClass(tolerant, facts.runtimeClass);
  return 'forbidden' in classed ? classed : { pod: { ...pod, spec: classed.spec } };
}

/** Admission of an update: restores the two default tolerations where they are missing. */
export const admitPodUpdate = (pod: Pod): Pod => ({
  ...pod,
  spec: { ...pod.spec, tolerations: withDefaultTolerations(pod.spec) },
});

function withAccount(spec: PodSpec, name: string, account: ServiceAccount): PodSpec {
  const secrets = spec.imagePullSecrets ?? account.imagePullSecrets;
  return {
    ...spec,
    serviceAccountName: name,
    serviceAccount: name,
    ...(secrets?.length && { imagePullSecrets: secrets }),
  };
}

function withToken(spec: PodSpec, { serviceAccount, suffix }: AdmissionFacts): PodSpec {
  if (!(spec.automountServiceAccountToken ?? serviceAccount?.automountServiceAccountToken ?? true))
    return spec;
  const present = spec.volumes?.find(({ name }) => name.startsWith(TOKEN_VOLUME));
  const name = present?.name ?? `${TOKEN_VOLUME}${suffix}`;
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  const needed = containers.some((container) => !mountsToken(container));
  const mount = (container: Container): Container =>
    mountsToken(container)
      ? container
      : {
          ...container,
          volumeMounts: [
            ...(container.volumeMounts ?? []),
            { name, readOnly: true, mountPath: TOKEN_PATH },
          ],
        };
  return {
    ...spec,
    containers: spec.containers.map(mount),
    ...(spec.initContainers && { initContainers: spec.initContainers.map(mount) }),
    ...(!present && needed && { volumes: [...(spec.volumes ?? []), tokenVolume(name)] }),
  };
}

const mountsToken = (container: Container): boolean =>
  (container.volumeMounts ?? []).some(({ mountPath }) => mountPath === TOKEN_PATH);

function tokenVolume(name: string): NonNullable<PodSpec['volumes']>[number] {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [
              {
                path: 'namespace',
                fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' },
              },
            ],
          },
        },
      ],
      defaultMode: DEFAULT_MODE,
    },
  };
}

type Prioritized = { priority: number; preemptionPolicy: string; priorityClassName?: string };

function priorityOf(
  spec: PodSpec,
  found: PriorityClassFacts | undefined,
): Prioritized | { forbidden: string } {
  const name = spec.priorityClassName ?? '';
  const system = own(SYSTEM_CLASSES, name);
  const known = system === undefined ? found : { name, value: system };
  if (name !== '' && !known) return { forbidden: `no PriorityClass with name ${name} was found` };
  const { name: given, value, preemptionPolicy = PREEMPTION } = known ?? { name: '', value: 0 };
  const suffix = 'must not be provided in pod spec; priority admission controller computed';
  if (spec.priority !== undefined && spec.priority !== value) {
    return {
      forbidden: `the integer value of priority (${spec.priority}) ${suffix} ${value} from the given PriorityClass name`,
    };
  }
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== preemptionPolicy) {
    return {
      forbidden: `the string value of PreemptionPolicy (${spec.preemptionPolicy}) ${suffix} ${preemptionPolicy} from the given PriorityClass name`,
    };
  }
  return {
    priority: value,
    preemptionPolicy,
    ...(given !== '' && { priorityClassName: given }),
  };
}

function withDefaultTolerations(spec: PodSpec): NonNullable<PodSpec['tolerations']> {
  const given = spec.tolerations ?? [];
  const missing = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].filter(
    (taint) =>
      !given.some(
        ({ key, effect }) => (!key || key === taint) && (!effect || effect === 'NoExecute'),
      ),
  );
  return [
    ...given,
    ...missing.map((key) => ({
      key,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: TOLERATED_SECONDS,
    })),
  ];
}
