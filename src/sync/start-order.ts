// How the podlet starts one run of a container: argv, environment, user, probes and hooks, all resolved here,
// so that neither the task definition nor the podlet knows a pod's secrets before it needs them.
import type {
  ConfigMap,
  Container,
  EphemeralContainer,
  Pod,
  Secret,
  Service,
} from '../kinds/pod.ts';
import { containerCommand, processEnvironment } from '../pod/process/command.ts';
import { containerKind, findContainer, initAndAppContainers } from '../pod/model/containers.ts';
import { isNoText, specEnvironment } from '../pod/process/env.ts';
import { podGraceSeconds } from '../pod/run/grace.ts';
import { kernelHostname } from '../pod/process/network-files.ts';
import { containerPolicy } from '../pod/run/restart.ts';
import { containerView } from '../pod/volumes/container-view.ts';
import { memoryModes, startContent } from '../pod/volumes/sub-paths.ts';
import { effectiveUser, nonRootProblem } from '../pod/process/users.ts';
import type { ImageConfig } from '../ports/images.ts';
import type { Settings } from '../ports/settings.ts';
import { present } from '../present.ts';
import type { StartOrder } from '../protocol/messages.ts';
import { hookOf, probeOrder } from './probe-orders.ts';

/** How much of a termination message's end the kubelet reads. */
const TERMINATION_MESSAGE_BYTES = 4096;

/** Looked-up facts of a start. The caller fetches what referencedObjects (referenced-objects.ts) names. */
export interface StartContext {
  image: ImageConfig;
  configMap: (name: string) => ConfigMap | undefined;
  secret: (name: string) => Secret | undefined;
  /** Services of the pod's namespace (for service variables). */
  services: readonly Service[];
  podIP: string;
  hostIP: string;
  nodeName: string;
  settings: Pick<Settings, 'apiHost' | 'apiPort' | 'clusterDomain'>;
  logNonce: string;
  run: number;
  /** Allocatable of the node, for resourceFieldRef of a missing limit: cpu in cores, the others in bytes. */
  allocatable?: { cpu: number; memory: number; 'ephemeral-storage': number };
}

/** A start that waits for something outside: the waiting state to show. */
export interface StartWaiting {
  waiting: { reason: string; message: string };
}

const NO_TEXT = 'grpc: error while marshaling: string field contains invalid UTF-8';

type Definition = Container | EphemeralContainer;

const configError = (message: string): StartWaiting => ({
  waiting: { reason: 'CreateContainerConfigError', message },
});

/** The order that starts `run` of the container, or why it cannot start now (CreateContainerConfigError, CreateContainerError). */
export function startOrder(
  pod: Pod,
  containerName: string,
  context: StartContext,
): { order: StartOrder } | StartWaiting {
  const container = findContainer(pod, containerName);
  if (container === undefined) return configError(`container "${containerName}" not found`);
  const refused = nonRootProblem(pod, container, context.image.user);
  if (refused !== undefined) return configError(refused);
  const environment = specEnvironment(pod, container, { ...context, ...context.settings });
  if ('error' in environment) return configError(environment.error);
  const parts = startContent(pod, container, environment.env);
  if ('error' in parts) return configError(parts.error);
  const argv = containerCommand(container, context.image, environment.env);
  if (argv.length === 0) {
    const message = `failed to generate container "${containerName}" spec: failed to generate spec: no command specified`;
    return { waiting: { reason: 'CreateContainerError', message } };
  }
  // The kubelet hands them to the runtime as text of a protocol that takes nothing else.
  if ([...argv, ...environment.env.values()].some(isNoText))
    return { waiting: { reason: 'CreateContainerError', message: NO_TEXT } };
  const memory = memoryModes(pod, container);
  const hostname = kernelHostname(pod, context.settings.clusterDomain);
  return {
    order: {
      argv,
      env: processEnvironment(container, hostname, context.image.env, environment.env),
      ...present({ fileVariables: environment.files.length === 0 ? undefined : environment.files }),
      cwd: container.workingDir || context.image.workingDir || '/',
      user: effectiveUser(pod, container, context.image.user),
      ...terminationOf(pod, container, context.image),
      logNonce: context.logNonce,
      ...(containerKind(pod, containerName) === 'ephemeral' ? {} : probesOf(pod, container)),
      ...inputOf(container),
      ...present({
        links: parts.links.length === 0 ? undefined : parts.links,
        runsOnce: runsOnce(pod, containerName) ? true : undefined,
        devicesMounted: coversDevices(pod, container) ? true : undefined,
        content: Object.keys(parts.content).length === 0 ? undefined : parts.content,
        memory: memory.length === 0 ? undefined : memory,
      }),
    },
  };
}

const coversDevices = (pod: Pod, container: Definition): boolean =>
  containerView(pod, container).mounts.some(({ path }) => path === '/dev');

/** Nothing starts it again in this task: a rule of any container may restart them all. */
const runsOnce = (pod: Pod, name: string): boolean =>
  containerPolicy(pod, name) === 'Never' &&
  initAndAppContainers(pod).every((container) => (container.restartPolicyRules ?? []).length === 0);

/** How the run is stopped, and how much of its termination message is kept. */
function terminationOf(
  pod: Pod,
  container: Definition,
  image: ImageConfig,
): Pick<
  StartOrder,
  'stop' | 'terminationMessagePath' | 'terminationMessagePolicy' | 'terminationMessageBytes'
> {
  const preStop = hookOf(container, container.lifecycle?.preStop);
  return {
    stop: {
      signal: image.stopSignal || 'SIGTERM',
      graceSeconds: podGraceSeconds(pod),
      ...present({ preStop }),
    },
    terminationMessagePath: container.terminationMessagePath || '/dev/termination-log',
    terminationMessagePolicy:
      container.terminationMessagePolicy === 'FallbackToLogsOnError'
        ? 'FallbackToLogsOnError'
        : 'File',
    terminationMessageBytes: TERMINATION_MESSAGE_BYTES,
  };
}

function probesOf(
  pod: Pod,
  container: Definition,
): Pick<StartOrder, 'postStart' | 'startup' | 'liveness' | 'readiness'> {
  const postStart = hookOf(container, container.lifecycle?.postStart);
  const startup = probeOrder(pod, container, container.startupProbe);
  const liveness = probeOrder(pod, container, container.livenessProbe);
  const readiness = probeOrder(pod, container, container.readinessProbe);
  return {
    ...present({ postStart, startup, liveness, readiness }),
  };
}

function inputOf({
  stdin,
  stdinOnce,
  tty,
}: Definition): Pick<StartOrder, 'stdin' | 'stdinOnce' | 'tty'> {
  return {
    ...present({
      stdin: stdin === true ? stdin : undefined,
      stdinOnce: stdinOnce === true ? stdinOnce : undefined,
      tty: tty === true ? tty : undefined,
    }),
  };
}
