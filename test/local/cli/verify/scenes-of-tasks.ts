// Scenes for the proofs of tasks, logs and events: one in which the assumption holds, and others in which it does not.
import { AwsFault } from '../../../fakes/fake-aws.ts';
import { OUTCOMES } from '../../../../local/cli/verify/outcomes.ts';
import type { Place, Scene, Scenes } from './scene.ts';

const TASK = 'arn:aws:ecs:us-east-1:000000000000:task/droppod/t1';
const READY = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };

const ended = (name: string, exitCode: number, rest: object = {}): object => ({
  name,
  restartCount: 0,
  state: { terminated: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', ...rest } },
});
const over = (phase: string, ...containerStatuses: object[]): object => ({
  phase,
  containerStatuses,
});
const DONE = over('Succeeded', ended('main', 0));

/** A pod that ran to its end and printed this, by container. */
const printed = (logs: Record<string, string>, status: object = DONE): Scene => ({ status, logs });

/** A task that ECS knows, with these members. */
const task = (members: object = {}): Record<string, object> => ({
  ListTasks: ({ desiredStatus }: Record<string, unknown>) => ({
    taskArns: desiredStatus === 'RUNNING' ? [TASK] : [],
  }),
  DescribeTasks: {
    tasks: [
      {
        taskArn: TASK,
        taskDefinitionArn: 'd:1',
        lastStatus: 'RUNNING',
        containers: [],
        ...members,
      },
    ],
  },
});
const withTask = (status: object, members: object = {}): Scene => ({
  status,
  aws: () => task(members),
});

const wasStopped = ({ asked }: Place): boolean =>
  asked.some((operation) => operation.startsWith('StopTask'));
/** A pod whose program ends in this way once its task is stopped. */
const stopped = (exitCode: number): Scene => ({
  status: (place) => (wasStopped(place) ? over('Failed', ended('main', exitCode)) : READY),
  aws: () => ({ ...task(), StopTask: {} }),
});
const STOPS: Scenes = {
  holds: stopped(7),
  fails: { 'it is killed before its end': stopped(137) },
};

const exits = (...codes: number[]): Scene =>
  withTask(over('Failed', ended('main', 3)), {
    lastStatus: 'STOPPED',
    stopCode: 'EssentialContainerExited',
    containers: codes.map((exitCode, at) => ({ name: `c${at}`, exitCode })),
  });

const address = (podIP: string): Scene =>
  withTask(
    {
      ...READY,
      podIP,
      containerStatuses: [{ name: 'main', restartCount: 0, state: {}, containerID: 'x://1' }],
    },
    { attachments: [{ details: [{ name: 'privateIPv4Address', value: '10.0.0.1' }] }] },
  );

const pulled = (seconds: number): Scene =>
  withTask(DONE, { pullStartedAt: 1_000, pullStoppedAt: 1_000 + seconds });

const runAgain = (answer: object): Scene => ({
  status: READY,
  aws: () => ({
    ...task(),
    GetFunctionConfiguration: {
      Environment: { Variables: { DROPPOD_SUBNETS: 's', DROPPOD_SECURITY_GROUPS: 'g' } },
    },
    RunTask: answer,
    StopTask: {},
  }),
});

/** A task that ECS lists but does not know in the first so many calls. */
const unknownFor = (misses: number): Scene => {
  let looks = 0;
  return {
    status: READY,
    aws: () => {
      const known = task();
      return {
        ...known,
        DescribeTasks: () => (looks++ < misses ? { tasks: [] } : (known['DescribeTasks'] ?? {})),
      };
    },
  };
};

const execution = (events: string[], status = 'SUCCEEDED'): Scene => ({
  status: DONE,
  annotations: { 'droppod/execution': 'e1' },
  aws: () => ({
    DescribeExecution: { status },
    GetExecutionHistory: { events: events.map((type, id) => ({ type, id, timestamp: 0 })) },
  }),
});
const BRANCHES = (states: number): string[] => [
  ...Array.from({ length: 4 }, () => 'TaskStateEntered'),
  'ParallelStateEntered',
  ...Array.from({ length: states }, () => 'TaskStateEntered'),
  'ParallelStateExited',
  'TaskStateEntered',
];

const lines = (...delays: number[]): object => ({
  events: delays.map((delay, at) => ({
    message: `line ${at}`,
    timestamp: 1_000,
    ingestionTime: 1_000 + delay,
  })),
});
const logged = (found: object): Scene => ({
  ...withTask(DONE),
  aws: () => ({
    ...task(),
    GetFunctionConfiguration: { Environment: { Variables: { DROPPOD_LOG_GROUP: 'pods' } } },
    FilterLogEvents: found,
  }),
});

/** The log of `whole-log`, of which this many lines arrived. */
const wholeLog = (count: number): Scene =>
  printed(
    { main: Array.from({ length: count }, (_, at) => `line ${at + 1}\n`).join('') },
    over('Failed', ended('main', 3, { message: 'line 499\nline 500\n' })),
  );

/** `member`: of the object's status. */
const laterStatus = (path: RegExp, member: object): Scene => ({
  api: (asked) =>
    asked.method === 'GET' && path.test(asked.path)
      ? { body: { status: asked.times > 0 ? member : {} } }
      : undefined,
});

const measured = (status: number): Scene => ({
  api: ({ path }) =>
    path.startsWith('/apis/metrics.k8s.io/')
      ? { status, body: { containers: [{ name: 'main', usage: { memory: '1Mi' } }] } }
      : undefined,
});

/** The ends of the examples' pods; `without`: the one that does not come to its end. */
function examples(without?: string): Scene {
  const restarted = (name: string, restartCount: number, state: object): object => ({
    name,
    restartCount,
    state,
  });
  const pending = (...initContainerStatuses: object[]): object => ({
    phase: 'Pending',
    initContainerStatuses,
  });
  const statuses: Record<string, object> = {
    hello: over('Succeeded', ended('hello', 0)),
    succeeds: DONE,
    fails: over('Failed', ended('main', 3)),
    'out-of-memory': over('Failed', ended('main', 137, { reason: 'OOMKilled' })),
    'wrong-command': over('Failed', ended('main', 128, { reason: 'StartError' })),
    'crash-loop': over('Running', restarted('main', 2, {})),
    'init-fails-always': pending(restarted('setup', 1, {})),
    'init-fails-on-failure': pending(restarted('setup', 1, {})),
    'init-fails-never': over('Failed'),
    'long-running': READY,
    'missing-image': {
      phase: 'Pending',
      containerStatuses: [restarted('main', 0, { waiting: { reason: 'ImagePullBackOff' } })],
    },
    neighbours: over('Failed', ended('failing', 1), ended('steady', 0)),
    'neighbours-restart': over(
      'Running',
      restarted('failing', 1, {}),
      restarted('steady', 0, { running: {} }),
    ),
    web: READY,
  };
  const texts = Object.values(OUTCOMES).map(({ logs }) => logs?.[1] ?? '');
  return {
    status: (_, name) => (name === without ? { phase: 'Pending' } : (statuses[name] ?? {})),
    logs: { main: texts.join(''), reader: texts.join('') },
    api: ({ method, path }) =>
      method === 'GET' && /^\/(api|apis\/batch)\/v1$/.test(path)
        ? {
            body: {
              resources: ['Pod', 'Namespace', 'Job', 'CronJob'].map((kind) => ({
                name: `${kind.toLowerCase()}s`,
                kind,
                namespaced: kind !== 'Namespace',
              })),
            },
          }
        : undefined,
  };
}

/** What the proof's script prints where the assumption holds, and where it does not; by container. */
const script = (
  good: Record<string, string>,
  bad: Record<string, string>,
  status: object = DONE,
): Scenes => ({
  holds: printed(good, status),
  fails: { 'it prints something else': printed(bad, status) },
});

const message = (text: string): object => over('Succeeded', ended('main', 0, { message: text }));
const restarts = (count: number, tasks: string[]): Scene => ({
  status: over('Succeeded', { ...ended('main', 0), restartCount: count }),
  aws: () => ({
    ListTasks: ({ desiredStatus }: Record<string, unknown>) => ({
      taskArns: desiredStatus === 'STOPPED' ? tasks : [],
    }),
  }),
});
const MISSING = () => new AwsFault('ResourceNotFoundException');

export const TASKS: Record<string, Scenes> = {
  supervise: script(
    { one: 'supervise\nread-only\n', two: 'supervise\nread-only\n' },
    { one: 'supervise\nread-only\n', two: 'sh\n' },
  ),
  'unprivileged-user': script({ main: '1234\nkept\n' }, { main: '1234\n' }, message('last\n')),
  'shared-network': script(
    { reader: '10.0.0.1\n10.0.0.1\n' },
    { reader: '10.0.0.1\n10.0.0.2\n' },
    { phase: 'Running', podIP: '10.0.0.1', containerStatuses: [ended('reader', 0)] },
  ),
  'network-files': script({ main: '1\nnetwork-files\n' }, { main: '0\nip-10-0-0-1\n' }),
  dependencies: script({ main: 'from the map\nread-only\n' }, { main: 'read-only\n' }),
  'memory-volume': script({ main: '1777\n1\n' }, { main: '755\n0\n' }),
  'shared-processes': script({ main: 'found\n' }, { main: '' }),
  oom: {
    holds: { status: over('Failed', ended('main', 137, { reason: 'OOMKilled' })) },
    fails: { 'its reason is not seen': { status: over('Failed', ended('main', 137)) } },
  },
  'restart-in-place': {
    holds: restarts(1, [TASK]),
    fails: { 'it is another task': restarts(1, [TASK, `${TASK}0`]) },
  },
  'large-command': script(
    { large: '20000\n', dotted: 'PATH=/bin\na.b=dotted\n' },
    { large: '8192\n', dotted: 'PATH=/bin\n' },
  ),
  'ten-containers': {
    holds: { status: over('Succeeded', ...Array.from({ length: 9 }, () => ended('c', 0))) },
    fails: { 'one is missing': { status: over('Failed', ...[ended('c', 0)]) } },
  },
  metadata: { holds: address('10.0.0.1'), fails: { 'another address': address('10.0.0.2') } },
  'image-pull': {
    holds: pulled(12),
    fails: { 'it takes long': pulled(45) },
    unproven: { 'ECS gives no times': withTask(DONE) },
  },
  'run-conflict': {
    holds: runAgain(
      () => new AwsFault('ConflictException', 'in use', 400, { resourceIds: [TASK] }),
    ),
    fails: { 'a second task is started': runAgain({ tasks: [{ taskArn: `${TASK}0` }] }) },
  },
  'describe-tasks': {
    holds: unknownFor(3),
    fails: { 'it is never known': unknownFor(Infinity) },
  },
  'stop-order': STOPS,
  'stop-timeout': STOPS,
  'orderly-exit': { holds: exits(0, 0), fails: { 'a code of its own': exits(0, 3) } },
  usage: { holds: measured(200), fails: { 'nothing is measured': measured(404) } },
  transitions: {
    holds: execution(BRANCHES(6)),
    fails: {
      'more states': execution(BRANCHES(8)),
      'fewer states': execution(BRANCHES(2)),
      'it fails': execution(BRANCHES(6), 'FAILED'),
    },
    unproven: { 'a history without branches': execution(BRANCHES(0)) },
  },
  'task-changes': {
    holds: logged(lines(0)),
    fails: { 'nobody is invoked': logged(lines()) },
    unproven: {
      'logs of functions are elsewhere': logged(MISSING),
      'an emulator has no events of ECS': { ...logged(lines()), isAws: false },
    },
  },
  'sweep-rule': {
    holds: rule('ENABLED'),
    fails: { 'it is off': rule('DISABLED') },
  },
  'table-stream': {
    holds: laterStatus(/\/jobs\//, { succeeded: 1 }),
    fails: { 'the Job has no end': laterStatus(/\/jobs\//, {}) },
  },
  'due-times': {
    holds: laterStatus(/\/cronjobs\//, { lastScheduleTime: '2026-01-01T00:01:00Z' }),
    fails: { 'no Job is made': laterStatus(/\/cronjobs\//, {}) },
  },
  expiry: {
    holds: timeToLive({ TimeToLiveStatus: 'ENABLED', AttributeName: 'expires' }),
    fails: { 'it is off': timeToLive({ TimeToLiveStatus: 'DISABLED' }) },
    unproven: {
      'an emulator without it': { ...timeToLive({ TimeToLiveStatus: 'DISABLED' }), isAws: false },
    },
  },
  'whole-log': { holds: wholeLog(500), fails: { 'the last lines are late': wholeLog(498) } },
  'log-delay': {
    holds: logged(lines(100, 200, 300, 400, 5_000)),
    fails: { 'a line is late': logged(lines(100, 200, 300, 400, 20_000)) },
    unproven: { 'nothing arrives': logged(lines()) },
  },
  examples: { holds: examples(), fails: { 'one is otherwise': examples('web') } },
};

function rule(State: string): Scene {
  return {
    status: READY,
    aws: () => ({
      GetFunctionConfiguration: { Environment: { Variables: { DROPPOD_SWEEP_RULE: 'sweep' } } },
      DescribeRule: { Name: 'sweep', State },
    }),
  };
}

function timeToLive(TimeToLiveDescription: object): Scene {
  return { aws: () => ({ DescribeTimeToLive: { TimeToLiveDescription } }) };
}
