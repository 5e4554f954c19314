// Kinds with few rules of their own: leases and pod templates.
import type { FieldError } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { age, ageColumn, column, lazyPrinter, nameColumn } from './columns.ts';
import { member, plain, text } from './plain.ts';
import { defaultTemplate, validateTemplate } from '../../workloads/pod-template.ts';
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

const templateProblems = (object: KubeObject): FieldError[] =>
  validateTemplate(defaultTemplate(object['template']), 'template');

export const podTemplates: Strategy = {
  ...plain,
  defaults: (object) => ({ ...object, template: defaultTemplate(object['template']) }),
  prepareForCreate: (object) => ({ ...object, metadata: { ...object.metadata, generation: 1 } }),
  validate: (object, call) => [...plain.validate(object, call), ...templateProblems(object)],
  validateUpdate: (next, old, call) => [
    ...plain.validateUpdate(next, old, call),
    ...templateProblems(next),
  ],
  generation: true,
};
