// The rows of the field table for volumes.
import { implemented, refused, table, type Row, type Treatment } from './field-table.ts';

const ITEMS = 'items[].{key,path,mode}';
const DOWNWARD =
  'items[].{path,mode,fieldRef.apiVersion,fieldRef.fieldPath,resourceFieldRef.containerName,resourceFieldRef.resource,resourceFieldRef.divisor}';

const OTHER_CLOUDS = [
  'azureDisk',
  'azureFile',
  'cinder',
  'gcePersistentDisk',
  'photonPersistentDisk',
  'vsphereVolume',
];
const NETWORK_DISKS = [
  'cephfs',
  'fc',
  'flexVolume',
  'flocker',
  'glusterfs',
  'iscsi',
  'nfs',
  'portworxVolume',
  'quobyte',
  'rbd',
  'scaleIO',
  'storageos',
];
// Even without members, the type asks for a volume of its kind.
const noVolume = (reason: string, options: { docker?: boolean; local?: boolean } = {}): Treatment =>
  refused(reason, { ...options, harmless: (source) => source === undefined || source === null });

const below = (types: readonly string[]): string => `volumes[].{${types.join(',')}}.**`;

/** Rows below `volumes[]`. */
export const VOLUME_FIELDS: Row[] = [
  table('volumes[].name volumes[].emptyDir.sizeLimit', implemented()),
  table(
    'volumes[].emptyDir.medium',
    refused('Fargate has no huge pages', {
      harmless: (medium) => medium === '' || medium === 'Memory',
    }),
  ),
  table(
    `volumes[].configMap.{name,optional,defaultMode,${ITEMS}} volumes[].secret.{secretName,optional,defaultMode,${ITEMS}}`,
    implemented(),
  ),
  table(
    `volumes[].downwardAPI.{defaultMode,${DOWNWARD}} volumes[].projected.defaultMode`,
    implemented(),
  ),
  table(
    `volumes[].projected.sources[].{configMap,secret}.{name,optional,${ITEMS}} volumes[].projected.sources[].downwardAPI.${DOWNWARD}`,
    implemented(),
  ),
  table(
    'volumes[].projected.sources[].serviceAccountToken.{audience,expirationSeconds,path}',
    implemented(),
  ),
  table(
    'volumes[].projected.sources[].{clusterTrustBundle,podCertificate}.**',
    noVolume('droppod issues no certificates to pods'),
  ),
  table('volumes[].hostPath.**', noVolume('Fargate has no host file system', { docker: true })),
  table(
    'volumes[].persistentVolumeClaim.**',
    noVolume(
      'persistent volumes come to AWS with EFS; until then a pod keeps nothing beyond its emptyDirs',
      { local: true },
    ),
  ),
  table(
    'volumes[].ephemeral.**',
    noVolume('claims come to AWS with EFS; an emptyDir lives as long', { local: true }),
  ),
  table(
    'volumes[].awsElasticBlockStore.**',
    noVolume('Fargate cannot attach an existing EBS volume'),
  ),
  table('volumes[].csi.**', noVolume('Fargate has no CSI drivers')),
  table('volumes[].image.**', noVolume('Fargate has no volumes made from images')),
  table('volumes[].gitRepo.**', noVolume('Kubernetes has given it up; clone in an init container')),
  table(below(OTHER_CLOUDS), noVolume('Fargate cannot attach disks of other clouds')),
  table(
    below(NETWORK_DISKS),
    noVolume('Fargate mounts no network file systems or disks of this kind'),
  ),
];
