// The pods behind a Service: which of them count, and on which ports (controller/util/endpointslice, pkg/controller/endpoint).
import { byKey } from '../../by-key.ts';
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

/** Whether controllers maintain this Service's endpoints: without a selector they come from elsewhere. */
export const isSelecting = (service: KubeObject): boolean => {
  const { type, selector } = specOf(service);
  return type !== 'ExternalName' && selector !== undefined && Object.keys(selector).length > 0;
};

const selectsPod = (service: KubeObject, pod: KubeObject): boolean =>
  isSelecting(service) &&
  selects({ matchLabels: specOf(service).selector ?? {} }, pod.metadata.labels);

/** Names of the Services that a changed pod or Endpoints object concerns. */
export const servicesOf = (changed: KubeObject, services: readonly KubeObject[]): string[] =>
  services.flatMap((service) => {
    const { name = '' } = service.metadata;
    return name === changed.metadata.name || selectsPod(service, changed) ? [name] : [];
  });

/** The Service's pods that have an address and have not ended, sorted by name. */
export function candidates(service: KubeObject, pods: readonly KubeObject[]): Pod[] {
  return pods
    .filter((pod) => selectsPod(service, pod) && !isTerminal(pod))
    .map(toPod)
    .filter(({ status }) => status.podIP);
}

/** Ready pods, or all if the Service publishes unready addresses: members of a cluster find each other before they are ready. */
export const isServed = (service: KubeObject, pod: Pod): boolean =>
  specOf(service).publishNotReadyAddresses === true || isReady(pod as unknown as KubeObject);

/** The pod's port number behind a Service port; undefined: the pod does not define it. */
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

/** The Service's ports as this pod serves them. */
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

/** A reference to the pod, beside its address. */
export const referenceTo = ({ metadata }: Pod) => ({
  kind: 'Pod',
  ...present({ namespace: metadata.namespace, name: metadata.name, uid: metadata.uid }),
});

/** The host name of the pod in a headless Service; undefined: none. */
export const hostnameOf = (service: KubeObject, { spec }: Pod): string | undefined =>
  spec.hostname && spec.subdomain === service.metadata.name ? spec.hostname : undefined;

/** The Service's labels plus those of its endpoints; a client's values for the latter are ignored. */
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

/** When the endpoints last changed (a pod's readiness, or the Service's creation), for latency measurements. */
export function triggeredAt(service: KubeObject, pods: readonly Pod[]): string | undefined {
  const ready = pods.flatMap(
    ({ status }) =>
      status.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime ?? [],
  );
  return [...ready, String(service.metadata.creationTimestamp ?? '')].sort().at(-1) || undefined;
}
