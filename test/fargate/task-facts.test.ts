// Task JSON from both sources gives the same facts.
import { expect, it } from 'vitest';
import { taskFacts } from '../../src/fargate/task-facts.ts';

const base = {
  taskArn: 'arn:task/1',
  lastStatus: 'STOPPED',
  desiredStatus: 'STOPPED',
  version: 7,
  startedBy: 'uid',
  stopCode: 'UserInitiated',
  stoppedReason: 'over',
};
const container = {
  name: 'a',
  lastStatus: 'STOPPED',
  exitCode: 0,
  reason: '',
  runtimeId: 'r',
  imageDigest: 'sha256:1',
};
const attachments = [
  {
    type: 'eni',
    details: [
      { name: 'subnetId', value: 's' },
      { name: 'privateIPv4Address', value: '10.0.0.7' },
    ],
  },
];

it.each([
  [
    'DescribeTasks',
    {
      ...base,
      containers: [container],
      attachments,
      createdAt: new Date('2026-01-01T00:00:00.5Z'),
    },
  ],
  [
    'EventBridge',
    {
      ...base,
      containers: [{ ...container, networkInterfaces: [{ privateIpv4Address: '10.0.0.7' }] }],
      createdAt: '2026-01-01T00:00:00.500Z',
    },
  ],
  ['the wire', { ...base, containers: [container], attachments, createdAt: 1767225600.5 }],
])('a task as %s reports it', (_name, task) => {
  expect(taskFacts(task)).toEqual({
    ...base,
    privateIp: '10.0.0.7',
    createdAt: '2026-01-01T00:00:00.500Z',
    containers: [
      { name: 'a', lastStatus: 'STOPPED', exitCode: 0, runtimeId: 'r', imageDigest: 'sha256:1' },
    ],
  });
});

it.each([[undefined], [null], ['x'], [{}], [[]]])('%j is no task', (task) =>
  expect(taskFacts(task)).toBeUndefined(),
);
