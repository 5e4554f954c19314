// Which run of a container a log request means, or why there is none, in the kubelet's words (kubelet_pods.go, validateContainerLogStatus).
import { badRequest } from '../../../errors.ts';
import type { ContainerStatus, Pod } from '../../../kinds/pod.ts';
import { own } from '../../../own.ts';
import type { ObservedContainer } from '../../../pod/run/observed.ts';

const IMAGE_WAITS: Record<string, string> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: 'trying and failing to pull image',
};

function statusOf(pod: Pod, container: string): ContainerStatus | undefined {
  const {
    initContainerStatuses = [],
    containerStatuses = [],
    ephemeralContainerStatuses = [],
  } = pod.status;
  return [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses].find(
    ({ name }) => name === container,
  );
}

/** The run's number; throws 400 where the container has no such run. */
export function chooseRun(
  pod: Pod,
  container: string,
  observed: ObservedContainer | undefined,
  previous: boolean,
): number {
  const name = pod.metadata.name ?? '';
  const status = statusOf(pod, container);
  if (status === undefined)
    throw badRequest(
      `container ${JSON.stringify(container)} in pod ${JSON.stringify(name)} is not available`,
    );
  const waiting = status.state?.waiting;
  if (previous) {
    const run = waiting ? observed?.current?.run : observed?.previous?.run;
    if (status.lastState?.terminated === undefined || run === undefined)
      throw badRequest(
        `previous terminated container ${JSON.stringify(container)} in pod ${JSON.stringify(name)} not found`,
      );
    return run;
  }
  if (waiting !== undefined && status.lastState?.terminated === undefined) {
    throw badRequest(
      `container ${JSON.stringify(container)} in pod ${JSON.stringify(name)} is waiting to start: ${own(IMAGE_WAITS, waiting.reason ?? '') ?? waiting.reason ?? ''}`,
    );
  }
  const run = observed?.current?.run;
  if (run === undefined)
    throw badRequest(
      `container ${JSON.stringify(container)} in pod ${JSON.stringify(name)} is waiting to start - no logs yet`,
    );
  return run;
}
