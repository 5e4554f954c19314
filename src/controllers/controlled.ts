// What controllers act upon, by its name in the store. Apart from the controllers themselves, which the API's function need not load.

/** The resources of all controllers. */
export const CONTROLLED: ReadonlySet<string> = new Set([
  'cronjobs.batch',
  'daemonsets.apps',
  'deployments.apps',
  'endpoints',
  'jobs.batch',
  'persistentvolumeclaims',
  'persistentvolumes',
  'poddisruptionbudgets.policy',
  'pods',
  'replicasets.apps',
  'replicationcontrollers',
  'resourcequotas',
  'services',
  'statefulsets.apps',
]);
