// Other objects that a podlet's answer needs: config maps, secrets, services, tokens, each looked up once per answer.
import type { ConfigMap, Pod, Secret, Service } from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import type { Ports } from '../../ports/ports.ts';
import { dueStarts } from '../../sync/desired.ts';
import type { Objects, Start } from '../../sync/desired.ts';
import type { Report } from '../../protocol/messages.ts';
import { desiredVolumes } from '../../sync/desired-volumes.ts';
import { referencedObjects } from '../../sync/referenced-objects.ts';
import type { VolumeContext } from '../../pod/volumes/volume-files.ts';
import { startOrder } from '../../sync/start-order.ts';
import type { StartContext } from '../../sync/start-order.ts';
import type { PodRecord } from '../../record/record.ts';
import { podTokens } from './pod-tokens.ts';

type LookUpPorts = Pick<Ports, 'store' | 'clock' | 'ids' | 'settings'>;

interface Found {
  configMap: (name: string) => ConfigMap | undefined;
  secret: (name: string) => Secret | undefined;
  token: VolumeContext['token'];
}

/** Start orders of the containers that may start, and all volumes; `inPlace` are those that the podlet has prepared. */
export async function lookUp(
  ports: LookUpPorts,
  pod: Pod,
  record: PodRecord,
  inPlace: Report['volumes'],
  now: Date,
): Promise<Objects> {
  const due = dueStarts(pod, record, now);
  const hasVolumes = (pod.spec.volumes ?? []).length > 0;
  if (due.length === 0 && !hasVolumes) return { starts: {}, volumes: {} };
  const found = await findObjects(ports, pod);
  const { podIP = '', hostIP = '', nodeName = ports.settings.nodeName } = record.observed;
  const volumes = hasVolumes ? desiredVolumes(pod, { ...found, podIP, hostIP, nodeName }) : {};
  // The kubelet waits for all volumes before it starts anything. A mounted one stays mounted, whatever happens to its source.
  const missing = Object.entries(volumes).flatMap(([volume, { missing: why }]) =>
    why === undefined || own(inPlace, volume) !== undefined ? [] : [{ volume, why }],
  );
  if (missing.length > 0) return { starts: {}, volumes, missing };
  const services = due.length > 0 ? await servicesOf(ports, pod) : [];
  const starts = due.flatMap((name): [string, Start][] => {
    const image = own(record.task.images, name);
    if (!image) return [];
    const run = own(record.observed.containers, name)?.desiredRun ?? 1;
    const context: StartContext = {
      ...found,
      image,
      services,
      podIP,
      hostIP,
      nodeName,
      settings: ports.settings,
      logNonce: record.logNonce,
      run,
    };
    return [[name, startOrder(pod, name, context)]];
  });
  return { starts: Object.fromEntries(starts), volumes };
}

async function findObjects(ports: LookUpPorts, pod: Pod): Promise<Found> {
  const { configMaps, secrets } = referencedObjects(pod);
  const namespace = pod.metadata.namespace ?? 'default';
  const fetch = async (resource: string, names: string[]): Promise<Map<string, unknown>> => {
    const objects = await Promise.all(
      names.map((name) => ports.store.get({ resource, namespace, name })),
    );
    return new Map(names.map((name, index) => [name, objects[index]]));
  };
  const [maps, keys, token] = await Promise.all([
    fetch('configmaps', configMaps),
    fetch('secrets', secrets),
    podTokens(ports, pod),
  ]);
  return {
    configMap: (name) => maps.get(name) as ConfigMap | undefined,
    secret: (name) => keys.get(name) as Secret | undefined,
    token,
  };
}

async function servicesOf({ store }: LookUpPorts, pod: Pod): Promise<Service[]> {
  const { objects } = await store.listObjects({
    resource: 'services',
    namespace: pod.metadata.namespace ?? 'default',
  });
  return objects as unknown as Service[];
}
