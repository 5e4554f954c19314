// Statuses written by a real node, turned back into what droppod would have observed at that moment.
import { existsSync, readFileSync } from 'node:fs';
import type {
  ContainerState,
  ContainerStatus,
  PodCondition,
  PodSpec,
  PodStatus,
} from '../../src/kinds/pod.ts';
import type { ObservedContainer, ConcludedPod } from '../../src/pod/run/observed.ts';
import type { Run } from '../../src/protocol/run.ts';
import { at } from '../pod/samples.ts';

export interface Step {
  phase: string;
  reason?: string;
  message?: string;
  deleting?: number;
  gone?: boolean;
  conditions: Pick<PodCondition, 'type' | 'status' | 'reason' | 'message'>[];
  containers?: ContainerStatus[];
  initContainers?: ContainerStatus[];
  ephemeralContainers?: ContainerStatus[];
}

/** The first of each pod's recorded lives. */
export function readLives(file: string): [string, Step[]][] {
  if (!existsSync(file)) return [];
  const record = JSON.parse(readFileSync(file, 'utf8')) as Record<
    string,
    { steps: { step: Omit<Step, 'conditions'> & Partial<Step> }[] }[]
  >;
  return Object.entries(record).flatMap(([name, lives]) =>
    lives[0]
      ? [
          [
            name,
            lives[0].steps.map(({ step }) => ({ ...step, conditions: step.conditions ?? [] })),
          ] as [string, Step[]],
        ]
      : [],
  );
}

const SPECS: { [name: string]: Partial<PodSpec> } = {
  'on-failure-then-ok': { restartPolicy: 'OnFailure' },
  'two-inits': { initContainers: [{ name: 'one' }, { name: 'two' }] },
  'init-fails-always': { restartPolicy: 'Always', initContainers: [{ name: 'one' }] },
  'two-one-ends': { containers: [{ name: 'app' }, { name: 'more' }] },
  'readiness-gate': {
    restartPolicy: 'Always',
    readinessGates: [{ conditionType: 'example.com/gate' }],
  },
  'debug-container': {
    restartPolicy: 'Always',
    ephemeralContainers: [{ name: 'debug', image: 'x' }],
  },
  'deleted-with-sidecar': {
    restartPolicy: 'Always',
    initContainers: [{ name: 'side', restartPolicy: 'Always' }],
  },
};
const ALWAYS = [
  'crash-loop',
  'command-missing-always',
  'ready-later',
  'never-ready-tcp',
  'startup-fails',
  'post-start-fails',
  'image-changed',
  'gate-removed',
  'deleted-pre-stop',
  'deleted-pre-stop-too-long',
];

/** The relevant part of the recorded pod's spec. */
export const specOf = (name: string): Partial<PodSpec> => ({
  restartPolicy: ALWAYS.includes(name) ? 'Always' : 'Never',
  ...SPECS[name],
});

function endedRun(run: number, { terminated }: ContainerState): Run | undefined {
  if (terminated === undefined) return undefined;
  const text = terminated.message;
  const message =
    terminated.reason === 'StartError'
      ? { startError: text ?? '' }
      : text === undefined
        ? {}
        : { message: text };
  return {
    run,
    startedAt: at(-9),
    finishedAt: at(-1),
    exitCode: terminated.exitCode,
    started: false,
    ready: false,
    ...message,
  };
}

const ERRORS_OF_A_RUN = ['CrashLoopBackOff', 'RunContainerError', 'PostStartHookError'];

function observedContainer({
  state = {},
  lastState = {},
  restartCount,
  started,
  ready,
}: ContainerStatus): ObservedContainer {
  const run = restartCount + 1;
  const before = endedRun(run - 1, lastState);
  const previous = before && { previous: before };
  if (state.running)
    return {
      desiredRun: run,
      current: { run, startedAt: at(-9), started: started === true, ready },
      ...previous,
    };
  const ended = endedRun(run, state);
  if (ended) return { desiredRun: run, current: ended, ...previous };
  const { reason = '', message = '' } = state.waiting ?? {};
  const last = endedRun(run, lastState);
  if (ERRORS_OF_A_RUN.includes(reason) && last) {
    const backOff =
      reason === 'CrashLoopBackOff'
        ? { backOff: { seconds: 10, updatedAt: at(0), until: at(0) } }
        : {};
    return {
      desiredRun: run,
      current: reason === 'PostStartHookError' ? { ...last, postStartError: message } : last,
      ...backOff,
    };
  }
  return message === '' ? { desiredRun: 0 } : { desiredRun: 0, waiting: { reason, message } };
}

/** What droppod would know when Kubernetes wrote this. */
export function observedAt(name: string, step: Step): ConcludedPod {
  const statuses = [
    ...(step.initContainers ?? []),
    ...(step.containers ?? []),
    ...(step.ephemeralContainers ?? []),
  ];
  const of = (type: string) => step.conditions.find((condition) => condition.type === type);
  const scheduled = of('PodScheduled');
  const late = name === 'deadline' && of('Ready')?.reason === 'PodFailed';
  return {
    ...(scheduled?.status === 'True' ? { scheduledAt: at(-9) } : {}),
    ...(scheduled?.status === 'False'
      ? {
          unscheduled: {
            reason: scheduled.reason === 'SchedulingGated' ? 'SchedulingGated' : 'Unschedulable',
            message: scheduled.message ?? '',
          },
        }
      : {}),
    ...(statuses.length > 0 ? { acceptedAt: at(-9) } : {}),
    sandboxReady: of('PodReadyToStartContainers')?.status === 'True',
    containers: Object.fromEntries(
      statuses.map((status) => [status.name, observedContainer(status)]),
    ),
    ...(late
      ? {
          verdict: {
            phase: 'Failed',
            reason: 'DeadlineExceeded',
            message: 'Pod was active on the node longer than the specified deadline',
          },
        }
      : {}),
    terminal: step.phase === 'Succeeded' || step.phase === 'Failed',
  };
}

const stateOf = (state: ContainerState = {}) =>
  Object.fromEntries(
    Object.entries(state).map(
      ([kind, { reason, message, exitCode }]: [
        string,
        { reason?: string; message?: string; exitCode?: number },
      ]) => [kind, { reason, message, exitCode }],
    ),
  );

const containerOf = ({
  name,
  ready,
  started,
  restartCount,
  state,
  lastState,
}: ContainerStatus) => ({
  name,
  ready,
  started,
  restartCount,
  state: stateOf(state),
  lastState: stateOf(lastState),
});

/** The part of a status that the record keeps. */
export function recordedPart(status: PodStatus): Step {
  const conditions = (status.conditions ?? []).map(({ type, status: value, reason, message }) => ({
    type,
    status: value,
    reason,
    message,
  }));
  const {
    containerStatuses: containers,
    initContainerStatuses: initContainers,
    ephemeralContainerStatuses: ephemeralContainers,
  } = status;
  return JSON.parse(
    JSON.stringify({
      phase: status.phase,
      reason: status.reason,
      message: status.message,
      conditions: conditions.sort((left, right) => (left.type < right.type ? -1 : 1)),
      containers: containers?.map(containerOf),
      initContainers: initContainers?.map(containerOf),
      ephemeralContainers: ephemeralContainers?.map(containerOf),
    }),
  ) as Step;
}
