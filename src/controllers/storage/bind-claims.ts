// persistent-volume-binder for claims: finds or creates the volume, and records the binding on both.
import { isDeepStrictEqual } from 'node:util';
import { own } from '../../own.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { isSmaller } from '../../workloads/storage/claim.ts';
import { ENGINE_PROVISIONER } from '../../workloads/storage/storage-class.ts';
import type { StorageClass } from '../../workloads/storage/storage-class.ts';
import type { Controller, Outcome, World, Write } from '../controller.ts';
import {
  claimIn,
  isFor,
  matchVolume,
  mismatch,
  requestOf,
  sizeOf,
  volumeIn,
} from './match-volume.ts';

const CLAIMS = 'persistentvolumeclaims';
const VOLUMES = 'persistentvolumes';
const CLASSES = 'storageclasses.storage.k8s.io';
const COMPLETED = 'pv.kubernetes.io/bind-completed';
const BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller';
const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
const PROVISIONERS = [
  'volume.beta.kubernetes.io/storage-provisioner',
  'volume.kubernetes.io/storage-provisioner',
];

const event = (type: 'Normal' | 'Warning', reason: string, message: string): Write => ({
  verb: 'event',
  type,
  reason,
  message,
});

const withStatus = (claim: KubeObject, status: object): Write[] => {
  const next = { ...claimIn(claim).status, ...status };
  return isDeepStrictEqual(next, claimIn(claim).status ?? {})
    ? []
    : [{ verb: 'updateStatus', resource: CLAIMS, object: { ...claim, status: next } }];
};

const annotated = (object: KubeObject, annotations: Record<string, string>): KubeObject => ({
  ...object,
  metadata: {
    ...object.metadata,
    annotations: { ...object.metadata.annotations, ...annotations },
  },
});

const referenceTo = ({ metadata }: KubeObject) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  name: metadata.name ?? '',
  namespace: metadata.namespace ?? '',
  uid: metadata.uid ?? '',
  resourceVersion: metadata.resourceVersion ?? '',
});

/** Both sides of the binding, as far as they are not written: the volume first, so that no other claim takes it. */
function bind(claim: KubeObject, volume: KubeObject): Write[] {
  const writes: Write[] = [];
  const { claimRef } = volumeIn(volume).spec ?? {};
  if (claimRef?.uid !== claim.metadata.uid)
    writes.push({
      verb: 'update',
      resource: VOLUMES,
      object: annotated(
        { ...volume, spec: { ...volumeIn(volume).spec, claimRef: referenceTo(claim) } },
        claimRef === undefined ? { [BY_CONTROLLER]: 'yes' } : {},
      ),
    });
  const { volumeName } = claimIn(claim).spec ?? {};
  const { annotations } = claim.metadata;
  if (!volumeName || annotations?.[COMPLETED] === undefined)
    writes.push({
      verb: 'update',
      resource: CLAIMS,
      object: annotated(
        { ...claim, spec: { ...claimIn(claim).spec, volumeName: volume.metadata.name } },
        { [COMPLETED]: 'yes', ...(volumeName ? {} : { [BY_CONTROLLER]: 'yes' }) },
      ),
    });
  const { accessModes, capacity } = volumeIn(volume).spec ?? {};
  return [...writes, ...withStatus(claim, { phase: 'Bound', accessModes, capacity })];
}

/** What a class's own provisioner creates: a volume of the engine, which exists from its first mount on. */
function provisioned(claim: KubeObject, storageClass: StorageClass): KubeObject {
  const { spec } = claimIn(claim);
  const uid = claim.metadata.uid ?? '';
  return {
    metadata: { name: `pvc-${uid}`, annotations: { [PROVISIONED_BY]: ENGINE_PROVISIONER } },
    spec: {
      capacity: { storage: requestOf(claim) },
      accessModes: spec?.accessModes,
      volumeMode: spec?.volumeMode,
      storageClassName: spec?.storageClassName,
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      csi: { driver: ENGINE_PROVISIONER, volumeHandle: `fs-${uid.replaceAll('-', '')}` },
      claimRef: referenceTo(claim),
    },
  };
}

/** A claim that names no volume and has none that fits. */
function withoutVolume(claim: KubeObject, world: World): Write[] {
  const name = claimIn(claim).spec?.storageClassName;
  const storageClass = world
    .list(CLASSES)
    .map((object) => object as unknown as StorageClass)
    .find(({ metadata }) => metadata?.name === name);
  if (storageClass === undefined)
    return name
      ? [
          event(
            'Warning',
            'ProvisioningFailed',
            `storageclass.storage.k8s.io ${JSON.stringify(name)} not found`,
          ),
        ]
      : [
          event(
            'Normal',
            'FailedBinding',
            'no persistent volumes available for this claim and no storage class is set',
          ),
        ];
  const { provisioner, volumeBindingMode } = storageClass;
  const placed = claim.metadata.annotations?.[SELECTED_NODE] !== undefined;
  if (volumeBindingMode === 'WaitForFirstConsumer' && !placed)
    return [
      event(
        'Normal',
        'WaitForFirstConsumer',
        'waiting for first consumer to be created before binding',
      ),
    ];
  if (provisioner === 'kubernetes.io/no-provisioner') return [];
  if (provisioner === ENGINE_PROVISIONER)
    return claimIn(claim).spec?.selector === undefined
      ? [provision(claim, storageClass)]
      : [event('Warning', 'ProvisioningFailed', 'claim Selector is not supported')];
  return [
    ...noteProvisioner(claim, provisioner),
    event(
      'Normal',
      'ExternalProvisioning',
      `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`,
    ),
  ];
}

const provision = (claim: KubeObject, storageClass: StorageClass): Write => {
  const object = provisioned(claim, storageClass);
  return {
    verb: 'create',
    resource: VOLUMES,
    object,
    done: {
      type: 'Normal',
      reason: 'ProvisioningSucceeded',
      message: `Successfully provisioned volume ${object.metadata.name}`,
    },
    refused: {
      type: 'Warning',
      reason: 'ProvisioningFailed',
      message: `failed to provision volume with StorageClass ${JSON.stringify(storageClass.metadata?.name)}: %error`,
    },
  };
};

/** External provisioners find their claims by these annotations. */
function noteProvisioner(claim: KubeObject, provisioner: string): Write[] {
  const wanted = Object.fromEntries(PROVISIONERS.map((name) => [name, provisioner]));
  const known = PROVISIONERS.every((name) => own(claim.metadata.annotations, name) === provisioner);
  return known ? [] : [{ verb: 'update', resource: CLAIMS, object: annotated(claim, wanted) }];
}

const lost = (claim: KubeObject, reason: string, message: string): Write[] =>
  claimIn(claim).status?.phase === 'Lost'
    ? []
    : [...withStatus(claim, { phase: 'Lost' }), event('Warning', reason, message)];

/** A claim that names its volume, because its author did or because it was bound. */
function withVolume(claim: KubeObject, name: string, world: World): Write[] {
  const volume = world.list(VOLUMES).find(({ metadata }) => metadata.name === name);
  const bound = claim.metadata.annotations?.[COMPLETED] !== undefined;
  if (volume === undefined)
    return bound
      ? lost(
          claim,
          'ClaimLost',
          'Bound claim has lost its PersistentVolume. Data on the volume is lost!',
        )
      : [];
  const other = volumeIn(volume).spec?.claimRef !== undefined && !isFor(volume, claim);
  if (bound && other)
    return lost(
      claim,
      'ClaimMisbound',
      'Two claims are bound to the same volume, this one is bound incorrectly',
    );
  if (other)
    return [
      event(
        'Warning',
        'FailedBinding',
        `volume ${JSON.stringify(name)} already bound to a different claim.`,
      ),
    ];
  const problem = bound || isFor(volume, claim) ? undefined : mismatch(volume, claim);
  if (problem !== undefined)
    return [
      event(
        'Warning',
        'VolumeMismatch',
        `Cannot bind to requested volume ${JSON.stringify(name)}: ${problem}`,
      ),
    ];
  return [...grown(claim, volume), ...bind(claim, volume)];
}

/** A claim that asks for more than its volume has: an engine volume has no size of its own. */
function grown(claim: KubeObject, volume: KubeObject): Write[] {
  const { csi, ...spec } = volumeIn(volume).spec ?? {};
  if (csi?.driver !== ENGINE_PROVISIONER || !isSmaller(sizeOf(volume), requestOf(claim))) return [];
  const capacity = { ...spec.capacity, storage: requestOf(claim) };
  return [
    { verb: 'update', resource: VOLUMES, object: { ...volume, spec: { ...spec, csi, capacity } } },
  ];
}

function reconcile(claim: KubeObject, world: World): Outcome {
  if (claim.metadata.deletionTimestamp !== undefined) return { writes: [] };
  const name = claimIn(claim).spec?.volumeName;
  if (name) return { writes: withVolume(claim, name, world) };
  if (claim.metadata.annotations?.[COMPLETED] !== undefined)
    return {
      writes: lost(
        claim,
        'ClaimLost',
        'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!',
      ),
    };
  const found = matchVolume(claim, world.list(VOLUMES));
  return { writes: found === undefined ? withoutVolume(claim, world) : bind(claim, found) };
}

/** A volume concerns its claim; free volumes and classes concern all waiting claims. */
function concerns(changed: KubeObject, claims: readonly KubeObject[]): string[] {
  const { claimRef } = volumeIn(changed).spec ?? {};
  return claims.flatMap((claim) => {
    const { metadata } = claim;
    const { volumeName } = claimIn(claim).spec ?? {};
    const mine =
      claimRef === undefined
        ? claimIn(claim).status?.phase !== 'Bound' || volumeName === changed.metadata.name
        : volumeName === changed.metadata.name ||
          (claimRef.namespace === metadata.namespace && claimRef.name === metadata.name);
    return mine && metadata.name ? [metadata.name] : [];
  });
}

export const claimBinder: Controller = {
  name: 'persistent-volume-binder',
  eventSource: 'persistentvolume-controller',
  resource: CLAIMS,
  reads: [VOLUMES, CLASSES],
  concerns,
  reconcile,
};
