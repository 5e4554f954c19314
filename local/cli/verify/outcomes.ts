// The outcomes of the pods in examples/: by file, what the API finally shows of each.

export interface ContainerJson {
  name: string;
  restartCount: number;
  containerID?: string;
  state: {
    running?: object;
    terminated?: { exitCode: number; reason: string; message?: string };
    waiting?: { reason: string };
  };
}

export interface PodJson {
  metadata: { name: string; uid: string; annotations?: { [name: string]: string } };
  status: {
    phase: string;
    podIP?: string;
    conditions?: { type: string; status: string }[];
    initContainerStatuses?: ContainerJson[];
    containerStatuses?: ContainerJson[];
  };
}

export interface Outcome {
  /** Whether it is reached. */
  check: (pod: PodJson) => boolean;
  /** Arguments of `kubectl logs`, and a text that its output contains. */
  logs?: [words: string[], text: string];
}

export function containerOf(pod: PodJson, name: string): ContainerJson | undefined {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status;
  return [...initContainerStatuses, ...containerStatuses].find((one) => one.name === name);
}

export const isReady = ({ status }: PodJson): boolean =>
  (status.conditions ?? []).some(({ type, status: is }) => type === 'Ready' && is === 'True');

const ended =
  (phase: string, container: string, exitCode: number, reason: string) =>
  (pod: PodJson): boolean => {
    const { terminated } = containerOf(pod, container)?.state ?? {};
    return (
      pod.status.phase === phase &&
      terminated?.exitCode === exitCode &&
      terminated.reason === reason
    );
  };
const restarted = (container: string, times: number) => (pod: PodJson) =>
  (containerOf(pod, container)?.restartCount ?? 0) >= times;

/** By file name; a pod has its file's name. */
export const OUTCOMES: Record<string, Outcome> = {
  hello: { check: ended('Succeeded', 'hello', 0, 'Completed'), logs: [[], 'Hello from hello\n'] },
  succeeds: { check: ended('Succeeded', 'main', 0, 'Completed') },
  fails: { check: ended('Failed', 'main', 3, 'Error'), logs: [[], 'giving up\n'] },
  'out-of-memory': { check: ended('Failed', 'main', 137, 'OOMKilled') },
  'wrong-command': { check: ended('Failed', 'main', 128, 'StartError') },
  'crash-loop': { check: restarted('main', 2), logs: [['--previous'], 'Hello World\n'] },
  'init-fails-always': {
    check: (pod) => pod.status.phase === 'Pending' && restarted('setup', 1)(pod),
  },
  'init-fails-on-failure': {
    check: (pod) => pod.status.phase === 'Pending' && restarted('setup', 1)(pod),
  },
  'init-fails-never': { check: ({ status }) => status.phase === 'Failed' },
  'long-running': { check: isReady },
  'missing-image': {
    check: (pod) =>
      pod.status.phase === 'Pending' &&
      /^(ErrImagePull|ImagePullBackOff)$/.test(
        containerOf(pod, 'main')?.state.waiting?.reason ?? '',
      ),
  },
  neighbours: {
    check: (pod) =>
      ended('Failed', 'failing', 1, 'Error')(pod) && ended('Failed', 'steady', 0, 'Completed')(pod),
  },
  'neighbours-restart': {
    check: (pod) =>
      restarted('failing', 1)(pod) &&
      containerOf(pod, 'steady')?.state.running !== undefined &&
      containerOf(pod, 'steady')?.restartCount === 0,
  },
  web: { check: isReady, logs: [['-c', 'reader'], '<h1>first</h1><p>second</p>'] },
};
