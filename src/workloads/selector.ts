// The selector of a workload, which must match the labels of its template.
import type { FieldError } from '../errors.ts';
import type { LabelSelector } from '../pod/placement/selection.ts';
import { isEverything, selects } from '../pod/placement/selection.ts';
import { validateSelector } from '../pod/validation/affinity.ts';
import { present } from '../present.ts';
import {
  forbiddenValue,
  invalidValue,
  notSupported,
  required,
} from '../validation/field-errors.ts';
import type { PodTemplate } from './pod-template.ts';
import { validateTemplate } from './pod-template.ts';

const MISMATCH = '`selector` does not match template `labels`';

/** Problems of `spec.selector`, and whether labels can be compared with it. `kind`: in lower case, as in Kubernetes' message. */
export function validateWorkloadSelector(
  selector: LabelSelector | undefined,
  kind: string,
  detail = 'invalid label selector',
): { problems: FieldError[]; usable: boolean } {
  const field = 'spec.selector';
  if (selector === undefined) return { problems: [required(field)], usable: true };
  const problems = validateSelector(selector, field);
  if (isEverything(selector))
    problems.push(invalidValue(field, {}, `empty selector is invalid for ${kind}`));
  else if (problems.length > 0)
    return {
      problems: [...problems, invalidValue(field, printed(selector), detail)],
      usable: false,
    };
  return { problems, usable: true };
}

/** Go's print of a selector: empty members are left out. */
const printed = ({ matchLabels, matchExpressions }: LabelSelector): LabelSelector => ({
  ...present({
    matchLabels,
    matchExpressions: matchExpressions?.map(({ key = '', operator = '', values }) => ({
      key,
      operator,
      ...present({ values: values?.length ? values : undefined }),
    })),
  }),
});

/** Problems of the template of a workload whose pods run continuously; `owner`: the kind that messages name. */
export function validateLastingTemplate(
  template: PodTemplate,
  selector: LabelSelector | undefined,
  owner: string,
): FieldError[] {
  const { metadata, spec } = template;
  const path = 'spec.template';
  const fits = isEverything(selector) || selects(selector, metadata.labels);
  return [
    ...(fits ? [] : [invalidValue(`${path}.metadata.labels`, metadata.labels ?? null, MISMATCH)]),
    ...validateTemplate(template, path),
    ...(spec.restartPolicy === 'Always'
      ? []
      : [notSupported(`${path}.spec.restartPolicy`, spec.restartPolicy ?? '', ['Always'])]),
    ...(spec.activeDeadlineSeconds === undefined
      ? []
      : [
          forbiddenValue(
            `${path}.spec.activeDeadlineSeconds`,
            `activeDeadlineSeconds in ${owner} is not Supported`,
          ),
        ]),
  ];
}
