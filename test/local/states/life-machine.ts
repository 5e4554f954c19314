// A machine with every kind of state that can be cut in half by a restart.
import type { Machine } from '../../../local/states/machine.ts';

const retryUnknown = [
  { ErrorEquals: ['Lambda.Unknown'], IntervalSeconds: 1, MaxAttempts: 500, BackoffRate: 1 },
];

const container = (name: string): Machine => ({
  StartAt: `Start ${name}`,
  States: {
    [`Start ${name}`]: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Arguments: {
        FunctionName: 'start-container',
        Payload: { token: '{% $states.context.Task.Token %}' },
      },
      Retry: retryUnknown,
      Assign: { exit: '{% $states.result.exit %}' },
      Next: `Back off ${name}`,
    },
    [`Back off ${name}`]: { Type: 'Wait', Seconds: 10, Next: `Done ${name}` },
    [`Done ${name}`]: { Type: 'Pass', Output: '{% $exit %}', End: true },
  },
});

export const LIFE: Machine = {
  QueryLanguage: 'JSONata',
  StartAt: 'Begin',
  States: {
    Begin: {
      Type: 'Pass',
      Assign: { count: 0, items: '{% $states.input.items %}' },
      Next: 'Containers',
    },
    Containers: {
      Type: 'Parallel',
      Branches: [container('a'), container('b')],
      Assign: { exits: '{% $states.result %}' },
      Next: 'Each',
    },
    Each: {
      Type: 'Map',
      Items: '{% $items %}',
      MaxConcurrency: 1,
      ItemProcessor: {
        StartAt: 'Mark',
        States: {
          Mark: {
            Type: 'Task',
            Resource: 'arn:aws:states:::lambda:invoke',
            Arguments: "{% $states.context.Map.Item.Value & '!' %}",
            Output: '{% $states.result.Payload %}',
            Retry: retryUnknown,
            End: true,
          },
        },
      },
      Assign: { items: '{% $states.result %}' },
      Next: 'Break',
    },
    Break: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Retry: [...retryUnknown, { ErrorEquals: ['Broken'], IntervalSeconds: 2, MaxAttempts: 1 }],
      Catch: [
        {
          ErrorEquals: ['States.ALL'],
          Assign: { caught: '{% $states.errorOutput.Error %}' },
          Next: 'Count',
        },
      ],
      End: true,
    },
    Count: { Type: 'Pass', Assign: { count: '{% $count + 1 %}' }, Next: 'Enough?' },
    'Enough?': {
      Type: 'Choice',
      Choices: [{ Condition: '{% $count < 2 %}', Next: 'Count' }],
      Default: 'Finish',
    },
    Finish: {
      Type: 'Succeed',
      Output: {
        exits: '{% $exits %}',
        items: '{% $items %}',
        caught: '{% $caught %}',
        count: '{% $count %}',
      },
    },
  },
};
