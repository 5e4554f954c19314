// The pods behind a Service: which of them count, and at which ports (controller/util/endpointslice, pkg/controller/endpoint).
import { byKey } from '../../workloads/by-key.ts';
import type { KubeObject, Pod, Service } from '../../kinds/pod.ts';
import { present } from '../../present.ts';
import { selects } from '../../pod/placement/selection.ts';
import { toPod } from '../../pod/model/to-pod.ts';
import type { SlicePort } from '../../workloads/endpoints/validate-endpoint-slice.ts';
import type { ServicePort, ServiceSpec } from '../../workloads/service/default-service.ts';
import { isHeadless } from '../../workloads/service/default-service.ts';
import { isReady, isTerminal } from '../pod-states.ts';

export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
export const SERVICE_NAME = 'kubernetes.io/service-name';
export const HEADLESS = 'service.kubernetes.io/headless';
export const TRIGGERED = 'endpoints.kubernetes.io/last-change-trigger-time';

export const specOf = (object: KubeObject): ServiceSpec => (object as Service).spec ?? {};

/** Whether controllers keep this Service's endpoints: one without a selector has them from elsewhere. */
export const isSelecting = (service: KubeObject): boolean => {
  const { type, selector } = specOf(service);
  return type !== 'ExternalName' && selector !== undefined && Object.keys(selector).length > 0;
};

const selectsPod = (service: KubeObject, pod: KubeObject): boolean =>
  isSelecting(service) &&
  selects({ matchLabels: specOf(service).selector ?? {} }, pod.metadata.labels);

/** The names of those Services that a changed pod or its Endpoints concern. */
export const servicesOf = (changed: KubeObject, services: readonly KubeObject[]): string[] =>
  services.flatMap((service) => {
    const { name = '' } = service.metadata;
    return name === changed.metadata.name || selectsPod(service, changed) ? [name] : [];
  });

/** The Service's pods that have an address and have not ended, in the order of their names. */
export function candidates(service: KubeObject, pods: readonly KubeObject[]): Pod[] {
  return pods
    .filter((pod) => selectsPod(service, pod) && !isTerminal(pod))
    .map(toPod)
    .filter(({ status }) => status.podIP);
}

/** Ready pods, and all where the Service says so: who starts a cluster of its own finds the others before they are ready. */
export const isServed = (service: KubeObject, pod: Pod): boolean =>
  specOf(service).publishNotReadyAddresses === true || isReady(pod as unknown as KubeObject);

/** The number behind a port of the Service in this pod; undefined: the pod does not name it. */
function portOf({ targetPort, port, protocol = 'TCP' }: ServicePort, pod: Pod): number | undefined {
  if (typeof targetPort === 'number') return targetPort;
  if (targetPort === undefined) return port;
  const sidecars = (pod.spec.initContainers ?? []).filter(
    ({ restartPolicy }) => restartPolicy === 'Always',
  );
  return [...pod.spec.containers, ...sidecars]
    .flatMap(({ ports = [] }) => ports)
    .find((entry) => entry.name === targetPort && (entry.protocol ?? 'TCP') === protocol)
    ?.containerPort;
}

/** The ports of the Service as this pod serves them. */
export const portsOf = (service: KubeObject, pod: Pod): SlicePort[] =>
  (specOf(service).ports ?? []).flatMap((port) => {
    const number = portOf(port, pod);
    return number === undefined
      ? []
      : [
          {
            name: port.name ?? '',
            protocol: port.protocol ?? 'TCP',
            port: number,
            ...present({ appProtocol: port.appProtocol }),
          },
        ];
  });

/** What is known of the pod beside its address. */
export const referenceTo = ({ metadata }: Pod) => ({
  kind: 'Pod',
  ...present({ namespace: metadata.namespace, name: metadata.name, uid: metadata.uid }),
});

/** The host name under which a headless Service would have the pod; undefined: none. */
export const hostnameOf = (service: KubeObject, { spec }: Pod): string | undefined =>
  spec.hostname && spec.subdomain === service.metadata.name ? spec.hostname : undefined;

/** The Service's labels with those that its endpoints carry; a client's own values for them do not count. */
export function labelsOf(service: KubeObject, own: Record<string, string>): Record<string, string> {
  const reserved = [SERVICE_NAME, MANAGED_BY, HEADLESS];
  const copied = Object.entries(service.metadata.labels ?? {}).filter(
    ([key]) => !reserved.includes(key),
  );
  return byKey({
    ...Object.fromEntries(copied),
    ...own,
    ...(isHeadless(specOf(service)) && { [HEADLESS]: '' }),
  });
}

/** When what the endpoints say last changed for those who wait for it: a pod's readiness, or the Service's beginning. */
export function triggeredAt(service: KubeObject, pods: readonly Pod[]): string | undefined {
  const ready = pods.flatMap(
    ({ status }) =>
      status.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime ?? [],
  );
  return [...ready, String(service.metadata.creationTimestamp ?? '')].sort().at(-1) || undefined;
}
