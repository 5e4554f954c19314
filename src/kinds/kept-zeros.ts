// Fields whose zero value (false, 0, '') says something: Go pointers in Kubernetes' types. Every other optional zero is dropped
// when an object is decoded, as Go's omitempty does. `field` for all types that have it, `Type.field` where types differ.

const FIELDS = new Set([
  'automountServiceAccountToken', 'shareProcessNamespace', 'enableServiceLinks', 'setHostnameAsFQDN', 'hostUsers', 'optional', 'immutable',
  'runAsNonRoot', 'privileged', 'readOnlyRootFilesystem', 'allowPrivilegeEscalation', 'hostProcess', 'controller', 'blockOwnerDeletion', 'started',
  'orphanDependents', 'allocateLoadBalancerNodePorts', 'serving', 'terminating', 'terminationGracePeriodSeconds', 'activeDeadlineSeconds',
  'deletionGracePeriodSeconds', 'gracePeriodSeconds', 'runAsUser', 'runAsGroup', 'fsGroup', 'tolerationSeconds', 'priority', 'expirationSeconds',
  'defaultMode', 'mode', 'minDomains', 'leaseDurationSeconds', 'leaseTransitions', 'holderIdentity', 'storageClassName', 'runtimeClassName',
  'preemptionPolicy', 'ipFamilyPolicy', 'internalTrafficPolicy', 'procMount', 'mountPropagation', 'recursiveReadOnly', 'supplementalGroupsPolicy',
  'localhostProfile', 'fsGroupChangePolicy', 'seLinuxChangePolicy', 'nodeAffinityPolicy', 'nodeTaintsPolicy', 'hostnameOverride', 'appProtocol',
  'loadBalancerClass', 'trafficDistribution', 'replicas', 'unhealthyPodEvictionPolicy', 'stopSignal', 'swap', 'ipMode',
  'GRPCAction.service', 'Container.restartPolicy', 'EphemeralContainer.restartPolicy', 'HostPathVolumeSource.type', 'ClientIPConfig.timeoutSeconds',
  'EndpointAddress.nodeName', 'Endpoint.nodeName', 'Endpoint.zone', 'Endpoint.hostname', 'EndpointPort.name', 'EndpointPort.port', 'EndpointPort.protocol',
  'EndpointConditions.ready', 'CSIVolumeSource.readOnly', 'CSIVolumeSource.fsType', 'AzureDiskVolumeSource.readOnly', 'AzureDiskVolumeSource.fsType',
  'AzureDiskVolumeSource.cachingMode', 'AzureDiskVolumeSource.kind', 'FCVolumeSource.lun', 'Preconditions.uid', 'Preconditions.resourceVersion',
  'PodDNSConfigOption.value', 'PersistentVolumeClaimSpec.volumeMode', 'PodResourceClaim.resourceClaimName', 'PodResourceClaim.resourceClaimTemplateName',
]);

/** True where an optional `field` of Go type `type` keeps its zero value. */
export const keepsZero = (type: string, field: string): boolean => FIELDS.has(field) || FIELDS.has(`${type}.${field}`);

/** Members that Go prints even when nobody set them (no `omitempty`), with the zero it prints, by Go type. */
export const PRINTED_ZEROS: Readonly<Record<string, Readonly<Record<string, null | string | number | boolean>>>> = {
  PodCondition: { lastProbeTime: null, lastTransitionTime: null },
  ContainerStatus: { ready: false, restartCount: 0, image: '', imageID: '' },
};
