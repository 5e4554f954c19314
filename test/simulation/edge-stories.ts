// The stories of the edge tests, and the errors that AWS's API models list for each call.
import type { Container } from '../../src/kinds/pod.ts';
import type { Story, Wrong } from './edge-life.ts';

const container = (name: string): Container => ({ name, image: 'busybox' });
const FOR_EVER = {};
const running: Pick<Story, 'spec' | 'runs'> = {
  spec: {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 5,
    containers: [container('app')],
  },
  runs: { app: [FOR_EVER] },
};

export const STORIES: Record<string, Story> = {
  'ends after a restart': {
    spec: {
      restartPolicy: 'OnFailure',
      initContainers: [container('init')],
      containers: [container('app')],
    },
    runs: {
      init: [{ seconds: 2, exitCode: 0 }],
      app: [
        { seconds: 3, exitCode: 1 },
        { seconds: 3, exitCode: 0 },
      ],
    },
    blows: [],
    seconds: 500,
  },
  // The sweep's rule stays on for as long as the longest call may take.
  'rests until the sweep is switched off': {
    spec: { restartPolicy: 'Never', containers: [container('app')] },
    runs: { app: [{ seconds: 2, exitCode: 0 }] },
    blows: [],
    seconds: 1_200,
  },
  'is deleted': { ...running, blows: [{ at: 30, what: 'delete' }], seconds: 400 },
  'is removed while no place is found': {
    ...running,
    blows: [{ at: 30, what: 'remove' }],
    noPlace: true,
    seconds: 400,
  },
  'loses its host': { ...running, blows: [{ at: 30, what: 'kill' }], seconds: 400 },
  'loses its execution': { ...running, blows: [{ at: 30, what: 'killExecution' }], seconds: 500 },
  'falls silent': { ...running, blows: [{ at: 30, what: 'lost' }], seconds: 1_200 },
};

/** From botocore's API models of 2026-11: the errors of each call, besides those of any call. */
export const MODELLED: Record<string, string[]> = {
  RegisterTaskDefinition: [
    'AccessDeniedException',
    'LimitExceededException',
    'InvalidParameterException',
    'ClientException',
  ],
  DescribeTaskDefinition: ['AccessDeniedException', 'InvalidParameterException', 'ClientException'],
  RunTask: [
    'ConflictException',
    'AccessDeniedException',
    'PlatformUnknownException',
    'InvalidParameterException',
    'BlockedException',
    'ClientException',
    'ClusterNotFoundException',
    'PlatformTaskDefinitionIncompatibilityException',
    'UnsupportedFeatureException',
  ],
  StopTask: [
    'AccessDeniedException',
    'InvalidParameterException',
    'ClientException',
    'ClusterNotFoundException',
  ],
  DescribeTasks: [
    'AccessDeniedException',
    'InvalidParameterException',
    'ClientException',
    'ClusterNotFoundException',
  ],
  ListTasks: [
    'AccessDeniedException',
    'InvalidParameterException',
    'ClientException',
    'ServiceNotFoundException',
    'ClusterNotFoundException',
  ],
  StartExecution: [
    'ExecutionLimitExceeded',
    'ExecutionAlreadyExists',
    'InvalidArn',
    'InvalidExecutionInput',
    'InvalidName',
    'StateMachineDoesNotExist',
    'StateMachineDeleting',
    'ValidationException',
    'KmsAccessDeniedException',
    'KmsInvalidStateException',
    'KmsThrottlingException',
  ],
  SendTaskSuccess: [
    'TaskDoesNotExist',
    'InvalidOutput',
    'InvalidToken',
    'TaskTimedOut',
    'KmsAccessDeniedException',
    'KmsInvalidStateException',
    'KmsThrottlingException',
  ],
  StopExecution: [
    'ExecutionDoesNotExist',
    'InvalidArn',
    'ValidationException',
    'KmsAccessDeniedException',
    'KmsInvalidStateException',
    'KmsThrottlingException',
  ],
  DescribeExecution: [
    'ExecutionDoesNotExist',
    'InvalidArn',
    'KmsAccessDeniedException',
    'KmsInvalidStateException',
    'KmsThrottlingException',
  ],
  EnableRule: [
    'ResourceNotFoundException',
    'ConcurrentModificationException',
    'ManagedRuleException',
    'InternalException',
  ],
  DisableRule: [
    'ResourceNotFoundException',
    'ConcurrentModificationException',
    'ManagedRuleException',
    'InternalException',
  ],
};

/** Errors only for a token that nobody waits for: a repeated answer whose first response was lost gets them. */
export const ONLY_WHEN_DONE = ['TaskDoesNotExist', 'InvalidToken', 'TaskTimedOut'];

/** Faults that any call may have. */
export const ANYWHERE: Record<string, Wrong> = {
  throttling: { is: 'error', name: 'ThrottlingException', status: 400 },
  'status 500': { is: 'error', name: 'InternalFailure', status: 500 },
  'no answer, not done': { is: 'silent' },
  'no answer, but done': { is: 'lost' },
  'an answer after 20 s': { is: 'slow' },
};
