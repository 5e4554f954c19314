// The strategy of each resource and subresource.
import { CONTROLLED } from '../../controllers/controlled.ts';
import type { Resource } from '../../kinds/resources.ts';
import { keepSweepOn } from '../../steps/sweep/sweep-switch.ts';
import { own } from '../../own.ts';
import type { ApiPorts } from '../call.ts';
import { continueNamespace, emptyNamespace } from '../namespaces/end-namespace.ts';
import { apiServices, apiServiceStatus } from './api-services.ts';
import {
  certificateApproval,
  certificateRequests,
  certificateStatus,
} from './certificate-requests.ts';
import { configMaps, secrets } from './config-maps.ts';
import { controllerRevisions } from './controller-revisions.ts';
import { disruptionBudgets, disruptionBudgetStatus } from './disruption-budgets.ts';
import { daemonSets, daemonSetStatus } from './daemon-sets.ts';
import { statefulSets, statefulSetStatus } from './stateful-sets.ts';
import { deployments, deploymentStatus } from './deployments.ts';
import { cronJobStatus, cronJobs } from './cron-jobs.ts';
import { autoscalers, autoscalersV1, autoscalerStatus, autoscalerStatusV1 } from './autoscalers.ts';
import { ingressClasses } from './ingress-classes.ts';
import { ingressStatus, ingresses } from './ingresses.ts';
import { networkPolicies } from './network-policies.ts';
import { csiDrivers, csiNodes } from './csi.ts';
import { customStrategy } from './custom.ts';
import { definitions, definitionStatus } from './definitions.ts';
import { events, groupEvents } from './events.ts';
import { jobStatus, jobs } from './jobs.ts';
import { limitRanges } from './limit-ranges.ts';
import { namespaceFinalize, namespaceStatus, namespaces } from './namespaces.ts';
import { nodeStatus, nodes } from './nodes.ts';
import { persistentVolumeClaimStatus, persistentVolumeClaims } from './persistent-volume-claims.ts';
import { persistentVolumeStatus, persistentVolumes } from './persistent-volumes.ts';
import { plain } from './plain.ts';
import { podEphemeralContainers, podResize } from './pod-subresources.ts';
import { podStatus, pods } from './pods.ts';
import { replicaSets, replicaSetStatus } from './replica-sets.ts';
import { replicationControllers, replicationControllerStatus } from './replication-controllers.ts';
import { resourceQuotas, resourceQuotaStatus } from './resource-quotas.ts';
import { clusterRoleBindings, roleBindings } from './role-bindings.ts';
import { clusterRoles, roles } from './roles.ts';
import { serviceAccounts } from './service-accounts.ts';
import { endpointSlices, endpoints } from './endpoints.ts';
import { serviceStatus, services } from './services.ts';
import { storageClasses } from './storage-classes.ts';
import { leases, podTemplates } from './small-kinds.ts';
import { priorityClasses } from './priority-classes.ts';
import { runtimeClasses } from './runtime-classes.ts';
import type { Strategy } from './strategy.ts';
import { mutatingWebhooks, validatingWebhooks } from './webhook-configurations.ts';

/** By `<plural>.<group>`, or `<plural>.<version>.<group>` of a version that is not the stored one. */
const STRATEGIES: Record<string, Strategy> = {
  'clusterrolebindings.rbac.authorization.k8s.io': clusterRoleBindings,
  'clusterroles.rbac.authorization.k8s.io': clusterRoles,
  'apiservices.apiregistration.k8s.io': apiServices,
  'apiservices.apiregistration.k8s.io/status': apiServiceStatus,
  'certificatesigningrequests.certificates.k8s.io': certificateRequests,
  'certificatesigningrequests.certificates.k8s.io/approval': certificateApproval,
  'certificatesigningrequests.certificates.k8s.io/status': certificateStatus,
  'csidrivers.storage.k8s.io': csiDrivers,
  'csinodes.storage.k8s.io': csiNodes,
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': mutatingWebhooks,
  'validatingwebhookconfigurations.admissionregistration.k8s.io': validatingWebhooks,
  configmaps: configMaps,
  'controllerrevisions.apps': controllerRevisions,
  'daemonsets.apps': daemonSets,
  'daemonsets.apps/status': daemonSetStatus,
  'deployments.apps': deployments,
  'deployments.apps/status': deploymentStatus,
  'cronjobs.batch': cronJobs,
  'cronjobs.batch/status': cronJobStatus,
  'horizontalpodautoscalers.autoscaling': autoscalers,
  'horizontalpodautoscalers.autoscaling/status': autoscalerStatus,
  'horizontalpodautoscalers.v1.autoscaling': autoscalersV1,
  'horizontalpodautoscalers.v1.autoscaling/status': autoscalerStatusV1,
  'ingresses.networking.k8s.io': ingresses,
  'ingresses.networking.k8s.io/status': ingressStatus,
  'ingressclasses.networking.k8s.io': ingressClasses,
  'networkpolicies.networking.k8s.io': networkPolicies,
  'customresourcedefinitions.apiextensions.k8s.io': definitions,
  'customresourcedefinitions.apiextensions.k8s.io/status': definitionStatus,
  endpoints: endpoints,
  'endpointslices.discovery.k8s.io': endpointSlices,
  events: events,
  'events.events.k8s.io': groupEvents,
  'jobs.batch': jobs,
  'jobs.batch/status': jobStatus,
  'leases.coordination.k8s.io': leases,
  limitranges: limitRanges,
  namespaces: {
    ...namespaces,
    marking: ({ ports }) => keepSweepOn(ports),
    deleting: ({ metadata }, { ports }) => endNamespace(ports, metadata.name ?? ''),
  },
  'namespaces/finalize': namespaceFinalize,
  'namespaces/status': namespaceStatus,
  nodes: nodes,
  'nodes/status': nodeStatus,
  pods: pods,
  persistentvolumeclaims: persistentVolumeClaims,
  'persistentvolumeclaims/status': persistentVolumeClaimStatus,
  persistentvolumes: persistentVolumes,
  'persistentvolumes/status': persistentVolumeStatus,
  'pods/ephemeralcontainers': podEphemeralContainers,
  'pods/resize': podResize,
  'pods/status': podStatus,
  podtemplates: podTemplates,
  'poddisruptionbudgets.policy': disruptionBudgets,
  'poddisruptionbudgets.policy/status': disruptionBudgetStatus,
  'priorityclasses.scheduling.k8s.io': priorityClasses,
  'replicasets.apps': replicaSets,
  'replicasets.apps/status': replicaSetStatus,
  replicationcontrollers: replicationControllers,
  'replicationcontrollers/status': replicationControllerStatus,
  'rolebindings.rbac.authorization.k8s.io': roleBindings,
  'roles.rbac.authorization.k8s.io': roles,
  'runtimeclasses.node.k8s.io': runtimeClasses,
  resourcequotas: resourceQuotas,
  'resourcequotas/status': resourceQuotaStatus,
  'statefulsets.apps': statefulSets,
  'statefulsets.apps/status': statefulSetStatus,
  secrets: secrets,
  serviceaccounts: serviceAccounts,
  services: services,
  'services/status': serviceStatus,
  'storageclasses.storage.k8s.io': storageClasses,
};

/** The strategy of an endpoint; a subresource without its own uses the resource's. */
export function strategyFor(resource: Resource, subresource = ''): Strategy {
  const { plural, group, version, custom } = resource;
  if (custom !== undefined)
    return completed(resource, customStrategy(resource, custom, subresource));
  const name = group === '' ? plural : `${plural}.${group}`;
  const names = [`${plural}.${version}.${group}`, name];
  const found = names
    .flatMap((one) => [own(STRATEGIES, `${one}/${subresource}`), own(STRATEGIES, one)])
    .find((strategy) => strategy !== undefined);
  return completed(resource, found ?? plain);
}

const complete = new WeakMap<Strategy, Strategy>();

/** The strategy plus what all kinds have in common. */
function completed({ stored }: Resource, strategy: Strategy): Strategy {
  const known = complete.get(strategy);
  if (known !== undefined) return known;
  const made: Strategy = {
    ...strategy,
    ...(CONTROLLED.has(stored) ? sweptOver(strategy) : {}),
    // The end of a terminating namespace may have been waiting for this object.
    removed: async (object, call) => {
      await strategy.removed?.(object, call);
      const { deletionTimestamp, namespace } = object.metadata;
      if (deletionTimestamp !== undefined && namespace)
        await continueNamespace(call.ports, namespace, strategyFor);
    },
  };
  complete.set(strategy, made);
  return made;
}

/** Whatever a controller acts upon is swept as well, in case a change does not reach the controller. */
const sweptOver = ({ creating, updated }: Strategy): Pick<Strategy, 'creating' | 'updated'> => ({
  creating: async (call) => {
    await keepSweepOn(call.ports);
    await creating?.(call);
  },
  updated: async (object, old, call) => {
    if (object.metadata.generation !== old.metadata.generation) await keepSweepOn(call.ports);
    await updated?.(object, old, call);
  },
});

/** Takes every step of a Terminating namespace that is possible now. May be called at any time, and repeated. */
export const endNamespace = (ports: ApiPorts, name: string): Promise<void> =>
  emptyNamespace(ports, name, strategyFor);
