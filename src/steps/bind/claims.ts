// The claims of a pod: whether all are bound, the scheduler's message about those that are not, and where the data of bound ones is.
import type { PersistentVolume, PersistentVolumeClaim } from 'kubernetes-types/core/v1';
import { StoreConflict } from '../../errors.ts';
import type { ClaimedData } from '../../fargate/podlet-definition.ts';
import type { KubeObject, Pod } from '../../kinds/pod.ts';
import { setOwn } from '../../own.ts';
import { claimName } from '../../pod/volumes/volumes.ts';
import type { ResourceVersion } from '../../ports/identity.ts';
import type { Ports } from '../../ports/ports.ts';
import type { Settings } from '../../ports/settings.ts';
import { ENGINE_PROVISIONER } from '../../workloads/storage/storage-class.ts';
import type { StorageClass } from '../../workloads/storage/storage-class.ts';

type ClaimPorts = Pick<Ports, 'store' | 'settings'>;

interface PodClaims {
  /** Why the pod cannot get a node, in the scheduler's words. */
  held?: string;
  /** Claims that are bound only after the pod has its node. */
  delayed: KubeObject[];
  /** The data of the bound ones, by volume. */
  data: { [volume: string]: ClaimedData };
}

const FILE_SYSTEM = /^fs-[0-9a-f]{8,40}$/;
const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
const UNBOUND = 'pod has unbound immediate PersistentVolumeClaims';

/** Reads the claims of the pod's volumes; a pod without claims costs nothing. */
export async function readClaims(ports: ClaimPorts, pod: Pod): Promise<PodClaims> {
  const found: PodClaims = { delayed: [], data: {} };
  for (const volume of pod.spec.volumes ?? []) {
    const name = claimName(pod, volume);
    if (name === undefined) continue;
    const claim = await readClaim(ports, pod, name);
    const { text, delayed, data } = await look(ports, pod, {
      name,
      claim,
      made: volume.ephemeral !== undefined,
    });
    if (text !== undefined && (found.held === undefined || found.held === UNBOUND))
      found.held = text;
    if (delayed) found.delayed.push(delayed);
    if (data) setOwn(found.data, volume.name, data);
  }
  return found;
}

const readClaim = ({ store }: ClaimPorts, { metadata }: Pod, name: string) =>
  store.get({
    resource: 'persistentvolumeclaims',
    namespace: metadata.namespace ?? 'default',
    name,
  });

interface Look {
  text?: string;
  delayed?: KubeObject;
  data?: ClaimedData;
}

async function look(
  ports: ClaimPorts,
  pod: Pod,
  { name, claim: object, made }: { name: string; claim: KubeObject | undefined; made: boolean },
): Promise<Look> {
  const quoted = JSON.stringify(name);
  if (object === undefined)
    return {
      text: made
        ? `waiting for ephemeral volume controller to create the persistentvolumeclaim ${quoted}`
        : `persistentvolumeclaim ${quoted} not found`,
    };
  const claim = object as PersistentVolumeClaim;
  const volume = claim.spec?.volumeName ?? '';
  if (claim.status?.phase === 'Lost')
    return {
      text: `persistentvolumeclaim ${quoted} bound to non-existent persistentvolume ${JSON.stringify(volume)}`,
    };
  if (object.metadata.deletionTimestamp !== undefined)
    return { text: `persistentvolumeclaim ${quoted} is being deleted` };
  const { namespace, uid } = pod.metadata;
  if (made && !object.metadata.ownerReferences?.some((owner) => owner.uid === uid))
    return {
      text: `PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`,
    };
  if (claim.status?.phase === 'Bound') return dataOf(ports, volume);
  return (await waitsForNode(ports, claim)) ? { delayed: object } : { text: UNBOUND };
}

async function waitsForNode(
  { store }: ClaimPorts,
  { spec }: PersistentVolumeClaim,
): Promise<boolean> {
  if (!spec?.storageClassName) return false;
  const found = await store.get({
    resource: 'storageclasses.storage.k8s.io',
    namespace: '',
    name: spec.storageClassName,
  });
  return (found as StorageClass | undefined)?.volumeBindingMode === 'WaitForFirstConsumer';
}

async function dataOf({ store, settings }: ClaimPorts, name: string): Promise<Look> {
  const found = await store.get({ resource: 'persistentvolumes', namespace: '', name });
  const data = found && mountable(found as PersistentVolume, settings);
  return data === undefined
    ? {
        text: `persistentvolume ${JSON.stringify(name)} ${found === undefined ? 'not found' : 'is of a kind that droppod cannot mount'}`,
      }
    : { data };
}

/** What a task can mount: the engine's volumes, and directories of the machine beyond Fargate. */
function mountable(
  { spec }: PersistentVolume,
  { mode, beyondFargate }: Pick<Settings, 'mode' | 'beyondFargate'>,
): ClaimedData | undefined {
  if (mode !== 'local' || spec?.volumeMode === 'Block') return undefined;
  const { csi, hostPath, local } = spec ?? {};
  if (csi?.driver === ENGINE_PROVISIONER && FILE_SYSTEM.test(csi.volumeHandle))
    return { fileSystemId: csi.volumeHandle };
  const sourcePath = hostPath?.path ?? local?.path;
  return beyondFargate && sourcePath !== undefined ? { sourcePath } : undefined;
}

/** Whether the claim's pod has its node, so that only the volume is missing. */
export const isPlaced = ({ metadata }: KubeObject): boolean =>
  metadata.annotations?.[SELECTED_NODE] !== undefined;

/** Records on the claims which node was chosen for their pod, so that they can be bound. May be called again. */
export async function selectNode(
  { store }: ClaimPorts,
  claims: readonly KubeObject[],
  nodeName: string,
): Promise<void> {
  for (const claim of claims) {
    const { resourceVersion, ...metadata } = claim.metadata;
    if (metadata.annotations?.[SELECTED_NODE] === nodeName) continue;
    const annotations = { ...metadata.annotations, [SELECTED_NODE]: nodeName };
    const { name = '', namespace = '' } = metadata;
    try {
      await store.commit({
        object: {
          key: { resource: 'persistentvolumeclaims', namespace, name },
          object: { ...claim, metadata: { ...metadata, annotations } },
          expected: (resourceVersion ?? '') as ResourceVersion,
        },
      });
    } catch (error) {
      // It has just changed and may be bound: the pod's next attempt reads it again.
      if (!(error instanceof StoreConflict)) throw error;
    }
  }
}
