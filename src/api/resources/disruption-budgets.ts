// PodDisruptionBudgets at the API; their rules are in src/workloads, and src/controllers/disruption.ts keeps the status.
import {
  toBudget,
  validateBudgetSpec,
  validateBudgetStatus,
} from '../../workloads/disruption-budget.ts';
import { age, ageColumn, column, lazyPrinter, nameColumn } from './columns.ts';
import { keepStatus, plain, statusOf } from './plain.ts';
import type { Strategy } from './strategy.ts';

const NONE = 'N/A';

export const disruptionBudgets: Strategy = {
  ...plain,
  printer: lazyPrinter(
    () => [
      nameColumn(),
      column('Min Available', 'The minimum number of pods that must be available.'),
      column('Max Unavailable', 'The maximum number of pods that may be unavailable.'),
      {
        ...column(
          'Allowed Disruptions',
          'Calculated number of pods that may be disrupted at this time.',
        ),
        type: 'integer',
      },
      ageColumn(),
    ],
    (object) => {
      const { spec, status } = toBudget(object);
      return [
        object.metadata.name ?? '',
        String(spec.minAvailable ?? NONE),
        String(spec.maxUnavailable ?? NONE),
        status.disruptionsAllowed,
        age(object),
      ];
    },
  ),
  prepareForCreate: (object) => ({
    ...object,
    spec: toBudget(object).spec,
    metadata: { ...object.metadata, generation: 1 },
    status: toBudget({ metadata: {} }).status,
  }),
  validate: (object, call) => [
    ...plain.validate(object, call),
    ...validateBudgetSpec(toBudget(object)),
  ],
  prepareForUpdate: keepStatus,
  validateUpdate: (next, old, call) => [
    ...plain.validateUpdate(next, old, call),
    ...validateBudgetSpec(toBudget(next)),
  ],
  resetFields: ['status'],
  generation: true,
};

/** `/status` of budgets. */
export const disruptionBudgetStatus: Strategy = statusOf(disruptionBudgets, (next) =>
  validateBudgetStatus(toBudget(next).status),
);
