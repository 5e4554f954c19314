// The Kubernetes Events of a pod's life as data (kubelet/events/event.go); src/events writes them as core/v1 Event objects.
import type { Pod } from '../../kinds/pod.ts';
import { present } from '../../present.ts';
import { podFullName } from '../model/containers.ts';

/** An event about a pod before it is stored; `container` becomes the fieldPath. The writer merges repetitions and sets names. */
export interface PodEvent {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  /** The container's name; absent for events of the pod. */
  container?: string;
  component: 'kubelet' | 'default-scheduler' | 'node-controller' | 'taint-eviction-controller';
}

const MAX_SCHEDULER_MESSAGE = 1024;

const normal = (reason: string, message: string, container?: string): PodEvent => ({
  type: 'Normal',
  reason,
  message,
  ...present({ container }),
  component: 'kubelet',
});

const warning = (reason: string, message: string, container?: string): PodEvent => ({
  ...normal(reason, message, container),
  type: 'Warning',
});

/** The pod got its node. */
export const scheduled = (pod: Pod, nodeName: string): PodEvent => ({
  type: 'Normal',
  reason: 'Scheduled',
  message: `Successfully assigned ${pod.metadata.namespace ?? ''}/${pod.metadata.name ?? ''} to ${nodeName}`,
  component: 'default-scheduler',
});

/** No node fits; the text is cut as in the scheduler. */
export const failedScheduling = (message: string): PodEvent => ({
  type: 'Warning',
  reason: 'FailedScheduling',
  message:
    message.length <= MAX_SCHEDULER_MESSAGE
      ? message
      : `${message.slice(0, MAX_SCHEDULER_MESSAGE - 4)} ...`,
  component: 'default-scheduler',
});

/** A step of the pod meets a fault that lasts; it is tried again until it succeeds. */
export const stepUnavailable = (step: string, fault: string): PodEvent =>
  warning('FailedSync', `${step} is tried again: ${fault}`.slice(0, MAX_SCHEDULER_MESSAGE));

/** The pod's execution failed by an error of its own. */
export const executionFailed = (message: string): PodEvent => warning('ExecutionFailed', message);

/** The node refused a pod that was bound to it without the scheduler. */
export const rejectedByNode = (reason: string, message: string): PodEvent =>
  warning(reason, message);

/** An image is being pulled. */
export const pulling = (container: string, image: string): PodEvent =>
  normal('Pulling', `Pulling image "${image}"`, container);

/** Go prints milliseconds as `850ms`, `1.234s`, `1m2.5s`. */
function goMilliseconds(milliseconds: number): string {
  const rounded = Math.round(milliseconds);
  if (rounded < 1000) return rounded === 0 ? '0s' : `${rounded}ms`;
  const minutes = Math.floor(rounded / 60_000);
  return `${minutes > 0 ? `${minutes}m` : ''}${(rounded % 60_000) / 1000}s`;
}

/** An image was pulled in the given time. */
export function pulled(
  container: string,
  image: string,
  milliseconds: number,
  sizeBytes = 0,
): PodEvent {
  const took = goMilliseconds(milliseconds);
  return normal(
    'Pulled',
    `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: ${sizeBytes} bytes.`,
    container,
  );
}

/** The image was already present. */
export const alreadyPresent = (container: string, image: string): PodEvent =>
  normal(
    'Pulled',
    `Container image "${image}" already present on machine and can be accessed by the pod`,
    container,
  );

/** A pull failed, with the registry's text. */
export const failedToPull = (container: string, image: string, error: string): PodEvent =>
  warning('Failed', `Failed to pull image "${image}": ${error}`, container);

/** `Error: …`: the waiting reason (pull) or the error text (config, create, start), repeated as an event. */
export const failed = (container: string, text: string): PodEvent =>
  warning('Failed', `Error: ${text}`, container);

/** The next pull waits. */
export const backOffPulling = (container: string, image: string): PodEvent =>
  normal('BackOff', `Back-off pulling image "${image}"`, container);

/** The image name cannot be parsed. */
export const inspectFailed = (container: string, message: string): PodEvent =>
  warning('InspectFailed', message, container);

/** The pull policy is Never and the image is absent. */
export const errImageNeverPull = (container: string, image: string): PodEvent =>
  warning(
    'ErrImageNeverPull',
    `Container image "${image}" is not present with pull policy of Never`,
    container,
  );

/** A container's next run waits (crash loop). */
export const backOffRestarting = (pod: Pod, container: string): PodEvent =>
  warning(
    'BackOff',
    `Back-off restarting failed container ${container} in pod ${podFullName(pod)}`,
    container,
  );

/** A run of a container was created. */
export const created = (container: string): PodEvent =>
  normal('Created', 'Container created', container);

/** A run of a container was started. */
export const started = (container: string): PodEvent =>
  normal('Started', 'Container started', container);

/** The sandbox was lost: a relaunch follows. */
export const sandboxChanged = (): PodEvent =>
  normal('SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');

/** The sandbox could not be started. */
export const failedCreatePodSandBox = (error: string): PodEvent =>
  warning('FailedCreatePodSandBox', `Failed to create pod sandbox: ${error}`);

/** More servers or search paths than a resolver accepts. */
export const dnsConfigForming = (problem: string): PodEvent => warning('DNSConfigForming', problem);

/** A volume's files are not available. */
export const failedMount = (volume: string, error: string): PodEvent =>
  warning('FailedMount', `MountVolume.SetUp failed for volume "${volume}" : ${error}`);

/** Pull secrets that do not exist. */
export const failedToRetrieveImagePullSecret = (names: readonly string[]): PodEvent =>
  warning(
    'FailedToRetrieveImagePullSecret',
    `Unable to retrieve some image pull secrets (${names.join(', ')}); attempting to pull the image may not succeed.`,
  );

/** The pod was evicted: the same text as in its status. */
export const evicted = (message: string): PodEvent => warning('Evicted', message);

/** activeDeadlineSeconds has passed. */
export const deadlineExceeded = (): PodEvent => normal('DeadlineExceeded', DEADLINE_MESSAGE);

/** status.message of DeadlineExceeded. */
export const DEADLINE_MESSAGE = 'Pod was active on the node longer than the specified deadline';

/** The pod's node is gone. */
export const nodeNotReady = (): PodEvent => ({
  type: 'Warning',
  reason: 'NodeNotReady',
  message: 'Node is not ready',
  component: 'node-controller',
});
