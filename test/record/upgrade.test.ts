// Records as the previous version stored them, one for each state of a pod: they are read in today's form.
import { expect, it } from 'vitest';
import type { Json } from '../../src/ports/json.ts';
import { toRecord } from '../../src/steps/pod/record-for.ts';

const UID = '4c1f8a52-8b9e-4b0e-9a34-3f0c7f3d2a11';
const ARN = 'arn:aws:ecs:eu-central-1:111122223333:task/droppod/aa';
const image = { name: 'busybox', imageId: 'sha256:1', entrypoint: [], command: ['sh'], env: [] };
const container = (name: string, run: number) => ({
  [name]: { desiredRun: run, current: { run, started: true, ready: true, startedAt: 's' } },
});
const token = { token: 't', run: 2, enteredAt: 'e', retryCount: 1, generation: 3 };
const observed = (containers = {}) => ({
  sandboxReady: true,
  acceptedAt: 'a',
  containers,
});

const identity = { uid: UID, namespace: 'default', name: 'web' };
const old = { ...identity, generation: 1, runsInGeneration: 0, attempt: 0, logNonce: '' };
const launched = {
  ...old,
  generation: 3,
  generationAt: 'g',
  revision: 'r1',
  runsInGeneration: 7,
  attempt: 2,
  logNonce: 'n',
  taskArn: ARN,
  address: '10.0.0.7',
  launchedAt: 'l',
  taskVersion: 4,
  tasks: [{ attempt: 1, taskArn: `${ARN}0` }],
  taskDefinitionArn: 'd:1',
  images: { app: image },
  podlet: { attempt: 2, secretHash: 'h', bootId: 'b', boot: 1, sequence: 9, eventsSeen: 3 },
  tokens: { app: token },
};
const task = {
  attempt: 2,
  images: { app: image },
  definition: 'd:1',
  arn: ARN,
  launchedAt: 'l',
  address: '10.0.0.7',
  version: 4,
};
const now = {
  ...identity,
  logNonce: 'n',
  generation: { number: 3, at: 'g', revision: 'r1', runs: 7 },
  tokens: { app: token },
  task,
  podlet: launched.podlet,
  tasks: launched.tasks,
  observed: observed(container('app', 2)),
};
const running = { ...launched, observed: { ...observed(container('app', 2)), terminal: false } };
const finished = { at: 'f' };
const over = { ...running, observed: { ...running.observed, terminal: true }, finished };

it.each<[string, object, object]>([
  [
    'new',
    {
      ...old,
      toStart: true,
      tokens: {},
      observed: { sandboxReady: false, containers: {}, terminal: false },
      bearsOnOthers: true,
    },
    {
      ...identity,
      logNonce: '',
      bearsOnOthers: true,
      generation: { number: 1, toStart: true, runs: 0 },
      tokens: {},
      task: { attempt: 0 },
      observed: { sandboxReady: false, containers: {} },
    },
  ],
  [
    'bound, waiting for an image and for capacity',
    {
      ...old,
      attempt: 1,
      generationAt: 'g',
      tokens: {},
      pulls: { app: { seconds: 10, failedAt: 'a', until: 'u', reason: 'x', message: 'm' } },
      launchBackOff: { seconds: 10, until: 'u' },
      taskDefinitionArn: 'd:1',
      observed: { ...observed(), terminal: false },
    },
    {
      ...identity,
      logNonce: '',
      generation: { number: 1, at: 'g', runs: 0 },
      tokens: {},
      task: { attempt: 1, definition: 'd:1' },
      pulls: { app: { seconds: 10, failedAt: 'a', until: 'u', reason: 'x', message: 'm' } },
      launchBackOff: { seconds: 10, until: 'u' },
      observed: observed(),
    },
  ],
  ['running', running, now],
  [
    'with events to store',
    { ...running, dueEvents: { at: 'e', events: [] }, eventAllowance: { left: 3, at: 'x' } },
    { ...now, dueEvents: { at: 'e', events: [] }, eventAllowance: { left: 3, at: 'x' } },
  ],
  [
    'relaunching for an edited image',
    { ...running, relaunch: 'images of app changed', edited: ['app'], terminatingSince: 't' },
    {
      ...now,
      task: { ...task, relaunch: 'images of app changed', edited: ['app'], terminatingSince: 't' },
    },
  ],
  ['debugged', { ...running, added: ['dbg'] }, { ...now, task: { ...task, added: ['dbg'] } }],
  [
    'in a task that ECS stops',
    { ...running, stopping: true, stopAsked: true, terminatingSince: 't' },
    { ...now, task: { ...task, end: { is: 'stopping' }, terminatingSince: 't' } },
  ],
  [
    'whose podlet has nothing left',
    { ...running, stopped: { at: 'p' } },
    { ...now, podlet: { ...launched.podlet, doneAt: 'p' } },
  ],
  ['finished', over, { ...now, end: { is: 'finished', at: 'f' } }],
  [
    'finished, its task seen stopped',
    { ...over, stopping: true, taskStopped: { at: 's', stopCode: 'c', reason: 'r' } },
    {
      ...now,
      task: { ...task, end: { is: 'stopped', at: 's', stopCode: 'c', reason: 'r' } },
      end: { is: 'finished', at: 'f' },
    },
  ],
  [
    'at rest',
    { ...over, taskStopped: { at: 's' }, rest: true },
    { ...now, task: { ...task, end: { is: 'stopped', at: 's' } }, end: { is: 'rest', at: 'f' } },
  ],
  ['orphaned', { ...running, orphaned: true }, { ...now, end: { is: 'orphaned' } }],
  ['orphaned when it was over', { ...over, orphaned: true }, { ...now, end: { is: 'orphaned' } }],
])(
  'A3: reads the record of a pod that was %s, and its own writing unchanged',
  (_state, was, is) => {
    expect(toRecord(was as Json)).toEqual(is);
    expect(toRecord(is as Json)).toEqual(is);
    expect(JSON.stringify(toRecord(was as Json))).not.toContain('undefined');
  },
);
