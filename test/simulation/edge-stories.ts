// The lives that are lived at the edge, and what AWS's API models say that each call may answer.
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
  // As long as the longest call may take, the sweep's rule stays on.
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

/** Of botocore's API models of 2026-11: what each call may be answered, beside what any call may. */
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

/** Said only of a token that nobody waits for any more: whoever repeats an answer whose answer was lost meets it. */
export const ONLY_WHEN_DONE = ['TaskDoesNotExist', 'InvalidToken', 'TaskTimedOut'];

/** What any call may meet. */
export const ANYWHERE: Record<string, Wrong> = {
  throttling: { is: 'error', name: 'ThrottlingException', status: 400 },
  'status 500': { is: 'error', name: 'InternalFailure', status: 500 },
  'no answer, not done': { is: 'silent' },
  'no answer, but done': { is: 'lost' },
  'an answer after 20 s': { is: 'slow' },
};
