// Whether a pod must wait for one of its volumes, because a configMap, a secret or one of their keys does not exist.
import type { ConfigMap, Pod, Secret } from '../../kinds/pod.ts';
import { isTokenVolume, isUsed } from '../../pod/volumes/volumes.ts';
import { volumeFiles } from '../../pod/volumes/volume-files.ts';
import type { Ports } from '../../ports/ports.ts';
import { objectsOfVolumes } from '../../sync/referenced-objects.ts';

/** Optional sources, and volumes that no container uses, do not make a pod wait. */
export async function isHeldByVolume({ store }: Pick<Ports, 'store'>, pod: Pod): Promise<boolean> {
  const namespace = pod.metadata.namespace ?? 'default';
  // Every namespace has the sources of admission's token volume, so most pods cost no read.
  const volumes = (pod.spec.volumes ?? []).filter(
    (volume) => !isTokenVolume(pod, volume) && isUsed(pod, volume),
  );
  const { configMaps, secrets } = objectsOfVolumes(volumes);
  const fetch = async (resource: string, names: string[]): Promise<Map<string, unknown>> =>
    new Map(
      await Promise.all(
        names.map(async (name) => [name, await store.get({ resource, namespace, name })] as const),
      ),
    );
  const [maps, keys] = await Promise.all([
    fetch('configmaps', configMaps),
    fetch('secrets', secrets),
  ]);
  const context = {
    configMap: (name: string) => maps.get(name) as ConfigMap | undefined,
    secret: (name: string) => keys.get(name) as Secret | undefined,
    token: () => '',
    podIP: '',
    hostIP: '',
    nodeName: '',
  };
  return volumes.some((volume) => {
    const found = volumeFiles(pod, volume, context);
    return found !== undefined && 'missing' in found;
  });
}
