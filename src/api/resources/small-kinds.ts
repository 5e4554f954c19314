// Kinds with few rules of their own: leases and pod templates.
import { age, ageColumn, column, lazyPrinter, nameColumn } from './columns.ts';
import { member, plain, text } from './plain.ts';
import { defaultTemplate } from '../../workloads/pod-template.ts';
import type { Strategy } from './strategy.ts';

/** Leases are locks, so an update must name its version. */
export const leases: Strategy = {
  ...plain,
  createOnUpdate: true,
  versionedUpdate: true,
  printer: lazyPrinter(
    () => [nameColumn(), column('Holder', 'The holder of the lease'), ageColumn()],
    (object) => [object.metadata.name ?? '', text(object, 'spec', 'holderIdentity'), age(object)],
  ),
  validate: (object, call) => {
    const problems = plain.validate(object, call);
    const seconds = member(object, 'spec', 'leaseDurationSeconds');
    if (typeof seconds === 'number' && seconds <= 0)
      problems.push({
        field: 'spec.leaseDurationSeconds',
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${seconds}: must be greater than 0`,
      });
    const transitions = member(object, 'spec', 'leaseTransitions');
    if (typeof transitions === 'number' && transitions < 0)
      problems.push({
        field: 'spec.leaseTransitions',
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${transitions}: must be greater than or equal to 0`,
      });
    return problems;
  },
};

export const podTemplates: Strategy = {
  ...plain,
  defaults: (object) => ({ ...object, template: defaultTemplate(object['template']) }),
  generation: true,
};
