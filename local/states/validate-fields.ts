// Which fields each type of state may and must have; JSONPath's fields are not among them.

/** Fields of one type: allowed beyond the common ones, required, and whether it needs Next or End. */
export interface StateShape {
  allowed: readonly string[];
  required: readonly string[];
  leaves: boolean;
}

export const COMMON = ['Type', 'Comment', 'QueryLanguage'];
export const MACHINE_FIELDS = [
  'Comment',
  'StartAt',
  'States',
  'TimeoutSeconds',
  'Version',
  'QueryLanguage',
];
export const FLOW_FIELDS = ['Comment', 'StartAt', 'States', 'ProcessorConfig', 'QueryLanguage'];
const LEAVING = ['Next', 'End', 'Output', 'Assign'];
const GUARDED = [...LEAVING, 'Retry', 'Catch'];

export const SHAPES: Readonly<Record<string, StateShape>> = {
  Pass: { allowed: LEAVING, required: [], leaves: true },
  Task: {
    allowed: [
      ...GUARDED,
      'Resource',
      'Arguments',
      'TimeoutSeconds',
      'HeartbeatSeconds',
      'Credentials',
    ],
    required: ['Resource'],
    leaves: true,
  },
  Choice: {
    allowed: ['Choices', 'Default', 'Output', 'Assign'],
    required: ['Choices'],
    leaves: false,
  },
  Wait: { allowed: [...LEAVING, 'Seconds', 'Timestamp'], required: [], leaves: true },
  Succeed: { allowed: ['Output'], required: [], leaves: false },
  Fail: { allowed: ['Error', 'Cause'], required: [], leaves: false },
  Parallel: {
    allowed: [...GUARDED, 'Branches', 'Arguments'],
    required: ['Branches'],
    leaves: true,
  },
  Map: {
    allowed: [
      ...GUARDED,
      'ItemProcessor',
      'Items',
      'ItemSelector',
      'MaxConcurrency',
      'ToleratedFailureCount',
      'ToleratedFailurePercentage',
      'Label',
    ],
    required: ['ItemProcessor'],
    leaves: true,
  },
};

/** Fields whose strings may be expressions. */
export const TEMPLATES = [
  'Output',
  'Assign',
  'Arguments',
  'Items',
  'ItemSelector',
  'Seconds',
  'Timestamp',
  'Error',
  'Cause',
  'Condition',
  'MaxConcurrency',
  'ToleratedFailureCount',
  'ToleratedFailurePercentage',
  'TimeoutSeconds',
  'HeartbeatSeconds',
];
