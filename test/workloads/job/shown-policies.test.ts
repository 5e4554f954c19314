// Q4: a Job's policies in messages, in the form in which Kubernetes holds them.
import { expect, it } from 'vitest';
import {
  shownFailurePolicy,
  shownSuccessPolicy,
} from '../../../src/workloads/job/validate-policies.ts';

it('Q4: unset members are null', () => {
  expect(shownSuccessPolicy({ rules: [{ succeededCount: 1 }] })).toEqual({
    Rules: [{ SucceededIndexes: null, SucceededCount: 1 }],
  });
  expect(
    shownFailurePolicy({
      rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [1] } }],
    }),
  ).toEqual({
    Rules: [
      {
        Action: 'FailJob',
        OnExitCodes: { ContainerName: null, Operator: 'In', Values: [1] },
        OnPodConditions: null,
      },
    ],
  });
});
