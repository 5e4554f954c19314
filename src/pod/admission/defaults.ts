// A pod's defaults as Kubernetes 1.35 fills them in while decoding, before admission and validation.
import { DEFAULT_GRACE_SECONDS } from '../../protocol/messages.ts';
import type {
  Container,
  EphemeralContainer,
  EnvVar,
  LifecycleHandler,
  Pod,
  PodSpec,
  Probe,
} from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import { present } from '../../present.ts';
import { defaultVolume, imagePullPolicy } from './default-volumes.ts';
import { omitEmpty } from '../model/omit-empty.ts';
import { fillPodResources } from '../model/pod-resources.ts';
import { canonicalList, canonicalQuantity } from '../model/quantity.ts';

const PERIOD_SECONDS = 10;
const FAILURE_THRESHOLD = 3;

type AnyContainer = Container | EphemeralContainer;

/** The pod with every default, canonical quantities and without empty members; the argument is not changed. May be repeated. */
export function defaultPod(pod: Pod): Pod {
  const spec = withPodDefaults(defaultSpec(pod.spec ?? {}));
  mirrorAppArmor(pod.metadata?.annotations, spec);
  return {
    ...pod,
    metadata: omitEmpty(pod.metadata ?? {}, 'metadata') as Pod['metadata'],
    spec,
    status: pod.status ?? {},
  };
}

/** Defaults of ephemeral containers, for `/ephemeralcontainers`. */
export const defaultEphemeralContainers = (
  containers: EphemeralContainer[],
): EphemeralContainer[] => containers.map((container) => defaultContainer(container));

/** The defaults of a pod's spec wherever one is written, also in a template: `withPodDefaults` has what only a pod gets. */
export function defaultSpec(given: Partial<PodSpec>): PodSpec {
  const spec = omitEmpty(given, 'spec') as PodSpec;
  const account = spec.serviceAccountName ?? spec.serviceAccount;
  return {
    ...spec,
    containers: (spec.containers ?? []).map(defaultContainer),
    restartPolicy: spec.restartPolicy ?? 'Always',
    terminationGracePeriodSeconds: graceSeconds(spec.terminationGracePeriodSeconds),
    dnsPolicy: spec.dnsPolicy ?? 'ClusterFirst',
    securityContext: spec.securityContext ?? {},
    schedulerName: spec.schedulerName ?? 'default-scheduler',
    ...present({ serviceAccountName: account, serviceAccount: account }),
    ...(spec.initContainers && { initContainers: spec.initContainers.map(defaultContainer) }),
    ...(spec.ephemeralContainers && {
      ephemeralContainers: defaultEphemeralContainers(spec.ephemeralContainers),
    }),
    ...(spec.volumes && { volumes: spec.volumes.map(defaultVolume) }),
    ...(spec.overhead && { overhead: canonicalList(spec.overhead) }),
  };
}

/** What the spec of a pod gets beyond that of a template (SetDefaults_Pod): requests from limits, ports of the host's network. */
function withPodDefaults(spec: PodSpec): PodSpec {
  const fill = (container: Container): Container => ({
    ...container,
    ...(container.resources && { resources: withRequests(container.resources) }),
    ...(spec.hostNetwork &&
      container.ports && {
        ports: container.ports.map((port) => ({
          ...port,
          hostPort: port.hostPort || port.containerPort,
        })),
      }),
  });
  const full: PodSpec = {
    ...spec,
    containers: spec.containers.map(fill),
    enableServiceLinks: spec.enableServiceLinks ?? true,
    ...(spec.initContainers && { initContainers: spec.initContainers.map(fill) }),
  };
  return spec.resources ? { ...full, resources: fillPodResources(full) } : full;
}

// A negative grace period is stored as 1 (measured); 0 stays.
const graceSeconds = (seconds: number | undefined): number =>
  seconds === undefined ? DEFAULT_GRACE_SECONDS : seconds < 0 ? 1 : seconds;

function defaultContainer<C extends AnyContainer>(container: C): C {
  const { ports, env, livenessProbe, readinessProbe, startupProbe, lifecycle } = container;
  return {
    ...container,
    imagePullPolicy: container.imagePullPolicy ?? imagePullPolicy(container.image ?? ''),
    resources: defaultResources(container.resources),
    terminationMessagePath: container.terminationMessagePath ?? '/dev/termination-log',
    terminationMessagePolicy: container.terminationMessagePolicy ?? 'File',
    ...(ports && {
      ports: ports.map((port) => ({
        ...port,
        protocol: port.protocol ?? 'TCP',
      })),
    }),
    ...(env && { env: env.map(defaultEnv) }),
    ...(livenessProbe && { livenessProbe: defaultProbe(livenessProbe) }),
    ...(readinessProbe && { readinessProbe: defaultProbe(readinessProbe) }),
    ...(startupProbe && { startupProbe: defaultProbe(startupProbe) }),
    ...(lifecycle && {
      lifecycle: {
        ...lifecycle,
        ...(lifecycle.postStart && { postStart: defaultHandler(lifecycle.postStart) }),
        ...(lifecycle.preStop && { preStop: defaultHandler(lifecycle.preStop) }),
      },
    }),
  };
}

type Resources = NonNullable<Container['resources']>;

function defaultResources(given: Container['resources']): Resources {
  if (!given) return {};
  return {
    ...given,
    ...(given.limits && { limits: canonicalList(given.limits) }),
    ...(given.requests && { requests: canonicalList(given.requests) }),
  };
}

function withRequests(resources: Resources): Resources {
  const requests = { ...resources.limits, ...resources.requests };
  return Object.keys(requests).length === 0 ? resources : { ...resources, requests };
}

function defaultEnv(variable: EnvVar): EnvVar {
  const { fieldRef, resourceFieldRef, fileKeyRef } = variable.valueFrom ?? {};
  if (fileKeyRef)
    return {
      ...variable,
      valueFrom: {
        ...variable.valueFrom,
        fileKeyRef: { ...fileKeyRef, optional: fileKeyRef.optional ?? false },
      },
    };
  if (fieldRef)
    return {
      ...variable,
      valueFrom: {
        ...variable.valueFrom,
        fieldRef: { ...fieldRef, apiVersion: fieldRef.apiVersion ?? 'v1' },
      },
    };
  if (resourceFieldRef) {
    const divisor = canonicalQuantity(resourceFieldRef.divisor ?? '0');
    return {
      ...variable,
      valueFrom: { ...variable.valueFrom, resourceFieldRef: { ...resourceFieldRef, divisor } },
    };
  }
  return variable;
}

function defaultProbe(probe: Probe): Probe {
  return {
    ...probe,
    ...defaultHandler(probe),
    ...(probe.grpc && { grpc: { ...probe.grpc, service: probe.grpc.service ?? '' } }),
    timeoutSeconds: probe.timeoutSeconds ?? 1,
    periodSeconds: probe.periodSeconds ?? PERIOD_SECONDS,
    successThreshold: probe.successThreshold ?? 1,
    failureThreshold: probe.failureThreshold ?? FAILURE_THRESHOLD,
  };
}

function defaultHandler<H extends LifecycleHandler | Probe>(handler: H): H {
  const { httpGet } = handler;
  return httpGet
    ? {
        ...handler,
        httpGet: {
          ...httpGet,
          port: httpGet.port ?? 0,
          path: httpGet.path ?? '/',
          scheme: httpGet.scheme ?? 'HTTP',
        },
      }
    : handler;
}

const APPARMOR_ANNOTATION = 'container.apparmor.security.beta.kubernetes.io/';

// PrepareForCreate turns a container's annotation into its field; the reverse happens too, for old nodes.
function mirrorAppArmor(annotations: Record<string, string> | undefined, spec: PodSpec): void {
  if (spec.os?.name === 'windows') return;
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    const profile = appArmorProfile(own(annotations, `${APPARMOR_ANNOTATION}${container.name}`));
    if (
      profile &&
      !container.securityContext?.appArmorProfile &&
      !spec.securityContext?.appArmorProfile
    ) {
      container.securityContext = { ...container.securityContext, appArmorProfile: profile };
    }
  }
}

function appArmorProfile(
  annotation: string | undefined,
): { type: string; localhostProfile?: string } | undefined {
  if (annotation === 'runtime/default') return { type: 'RuntimeDefault' };
  if (annotation === 'unconfined') return { type: 'Unconfined' };
  return annotation?.startsWith('localhost/')
    ? { type: 'Localhost', localhostProfile: annotation.slice('localhost/'.length) }
    : undefined;
}
