// Pods beyond the examples: a sidecar, probes, a slow shutdown, a Deployment's, a static one, ten at once.

const pod = (name: string, spec: object): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec,
});
const sh = (name: string, script: string, rest: object = {}): object => ({
  name,
  image: 'busybox',
  imagePullPolicy: 'IfNotPresent',
  command: ['sh', '-c', script],
  ...rest,
});

/** The sidecar writes what the container waits for, and must be stopped for the pod to end. */
export const SIDECAR = pod('sidecar', {
  restartPolicy: 'Never',
  volumes: [{ name: 'shared', emptyDir: {} }],
  initContainers: [
    sh('helper', 'trap "exit 0" TERM; echo served > /shared/file; while :; do sleep 1; done', {
      restartPolicy: 'Always',
      volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
    }),
  ],
  containers: [
    sh('main', 'until [ -f /shared/file ]; do sleep 1; done; cat /shared/file', {
      volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
    }),
  ],
});

const ILL_ONCE =
  'sleep 2; touch /kept/ok; [ -f /kept/sick ] && rm -f /kept/sick && touch /kept/well; [ -f /kept/well ] || { sleep 3; touch /kept/sick; }';

/** Ready once a file exists; in its first run it becomes unhealthy and is restarted. */
export const PROBES = pod('probes', {
  volumes: [{ name: 'kept', emptyDir: {} }],
  containers: [
    sh('main', `trap "exit 0" TERM; ${ILL_ONCE}; while :; do sleep 1; done`, {
      volumeMounts: [{ name: 'kept', mountPath: '/kept' }],
      readinessProbe: { exec: { command: ['cat', '/kept/ok'] }, periodSeconds: 1 },
      livenessProbe: {
        exec: { command: ['sh', '-c', '! [ -f /kept/sick ]'] },
        initialDelaySeconds: 4,
        periodSeconds: 1,
        failureThreshold: 1,
      },
    }),
  ],
});

/** Reports how it was stopped, after a while. */
export const SLOW_END = pod('slow-end', {
  terminationGracePeriodSeconds: 20,
  containers: [
    sh('main', 'trap "echo ending; sleep 3; exit 0" TERM; echo up; while :; do sleep 1; done'),
  ],
});

const STAYS = sh('main', 'trap "exit 0" TERM; while :; do sleep 1; done');

/** Two pods of a Deployment. */
export const DEPLOYMENT = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'rolled' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'rolled' } },
    template: { metadata: { labels: { app: 'rolled' } }, spec: { containers: [STAYS] } },
  },
};

/** The manifest of a static pod. */
export const FIXED = pod('fixed', { containers: [STAYS] });

/** Ten pods in one list. */
export const TEN = {
  apiVersion: 'v1',
  kind: 'List',
  items: Array.from({ length: 10 }, (_, at) =>
    pod(`many-${at}`, { restartPolicy: 'Never', containers: [sh('main', `echo this is ${at}`)] }),
  ),
};
