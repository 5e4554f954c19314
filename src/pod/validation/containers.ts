// Rules of containers, init containers and sidecars.
import type { FieldError } from '../../errors.ts';
import type { Container, Pod, Volume } from '../../kinds/pod.ts';
import { repeats } from '../../repeats.ts';
import {
  duplicate,
  forbiddenValue,
  invalidEach,
  invalidValue,
  oneOf,
  required,
  tooMany,
} from '../../validation/field-errors.ts';
import { labelProblems } from '../../validation/names.ts';
import { validateEnv, validateEnvFrom } from './environment.ts';
import { validateLifecycle, validateProbes } from './handlers.ts';
import { validateDevices, validateMounts } from './volumes/mounts.ts';
import { hostPortConflicts, validatePorts } from './ports.ts';
import { validateResources } from './resources.ts';
import { validateContainerSecurity } from './security.ts';

/** What the rules of a container need to know of its pod. */
export interface PodContext {
  pod: Pod;
  volumes: ReadonlyMap<string, Volume>;
  claims: readonly string[];
}

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const MAX_RESTART_RULES = 20;
const MAX_EXIT_CODES = 255;
const RESTART_POLICIES = ['Always', 'Never', 'OnFailure'];

/** Problems that every kind of container can have. */
export function validateContainerCommon(
  container: Container,
  field: string,
  { pod, volumes, claims }: PodContext,
): FieldError[] {
  return [
    ...(container.name
      ? invalidEach(`${field}.name`, container.name, labelProblems(container.name))
      : [required(`${field}.name`)]),
    ...(container.image ? [] : [required(`${field}.image`)]),
    ...oneOf(`${field}.terminationMessagePolicy`, container.terminationMessagePolicy, [
      'File',
      'FallbackToLogsOnError',
    ]),
    ...validatePorts(container.ports ?? [], `${field}.ports`),
    ...validateEnv(container.env ?? [], `${field}.env`),
    ...validateEnvFrom(container.envFrom ?? [], `${field}.envFrom`),
    ...validateMounts(container, volumes, `${field}.volumeMounts`),
    ...validateDevices(container, volumes, `${field}.volumeDevices`),
    ...oneOf(`${field}.imagePullPolicy`, container.imagePullPolicy, PULL_POLICIES),
    ...validateResources(container.resources ?? {}, `${field}.resources`, claims),
    ...validateResizePolicy(container, `${field}.resizePolicy`, pod.spec.restartPolicy),
    ...(container.securityContext
      ? validateContainerSecurity(
          container.securityContext,
          `${field}.securityContext`,
          pod.spec.hostUsers === false,
        )
      : []),
  ];
}

// Kubernetes leaves the index out of these paths, except for a name that comes twice.
function validateResizePolicy(
  container: Container,
  field: string,
  restartPolicy: string | undefined,
): FieldError[] {
  const { resizePolicy = [] } = container;
  const second = repeats(resizePolicy.map(({ resourceName }) => resourceName));
  return resizePolicy.flatMap((policy, index) => {
    const { resourceName } = policy;
    const errors = second.has(index) ? [duplicate(`${field}[${index}]`, resourceName)] : [];
    errors.push(
      ...neededOneOf(field, resourceName, ['cpu', 'memory']),
      ...neededOneOf(field, policy.restartPolicy, ['NotRequired', 'RestartContainer']),
    );
    if (restartPolicy === 'Never' && policy.restartPolicy !== 'NotRequired') {
      errors.push(
        invalidValue(
          field,
          policy.restartPolicy ?? '',
          "must be 'NotRequired' when `restartPolicy` is 'Never'",
        ),
      );
    }
    return errors;
  });
}

const neededOneOf = (
  field: string,
  value: string | undefined,
  values: readonly string[],
): FieldError[] => (value ? oneOf(field, value, values) : [required(field)]);

/** Problems of `spec.containers`. */
export function validateContainers(context: PodContext): FieldError[] {
  const { containers, terminationGracePeriodSeconds: grace } = context.pod.spec;
  const field = 'spec.containers';
  if (containers.length === 0) return [required(field)];
  const second = repeats(containers.map(({ name }) => name));
  const errors = containers.flatMap((container, index) => {
    const own = `${field}[${index}]`;
    const found = validateContainerCommon(container, own, context);
    if (container.name && second.has(index)) found.push(duplicate(`${own}.name`, container.name));
    if (container.lifecycle)
      found.push(...validateLifecycle(container.lifecycle, `${own}.lifecycle`, grace));
    return [...found, ...validateProbes(container, own), ...validateRestart(container, own)];
  });
  return [...errors, ...hostPortConflicts(containers, field)];
}

/** Problems of `spec.initContainers`; only sidecars may have probes and hooks. */
export function validateInitContainers(context: PodContext): FieldError[] {
  const {
    containers,
    initContainers = [],
    terminationGracePeriodSeconds: grace,
  } = context.pod.spec;
  const second = repeats([...containers, ...initContainers].map(({ name }) => name));
  return initContainers.flatMap((container, index) => {
    const own = `spec.initContainers[${index}]`;
    const errors = validateContainerCommon(container, own, context);
    if (container.name && second.has(containers.length + index))
      errors.push(duplicate(`${own}.name`, container.name));
    // They run one by one, so each is looked at alone, as element 0.
    errors.push(
      ...hostPortConflicts([container], 'spec.initContainers'),
      ...validateRestart(container, own),
    );
    if (container.restartPolicy === 'Always') {
      if (container.lifecycle)
        errors.push(...validateLifecycle(container.lifecycle, `${own}.lifecycle`, grace));
      errors.push(...validateProbes(container, own));
    } else {
      const unfit = (
        ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const
      ).filter((member) => container[member]);
      errors.push(
        ...unfit.map((member) =>
          forbiddenValue(
            `${own}.${member}`,
            'may not be set for init containers without restartPolicy=Always',
          ),
        ),
      );
    }
    return errors;
  });
}

function validateRestart(container: Container, field: string): FieldError[] {
  const rules = container.restartPolicyRules ?? [];
  const { restartPolicy } = container;
  const errors =
    restartPolicy === undefined
      ? []
      : oneOf(`${field}.restartPolicy`, restartPolicy, RESTART_POLICIES);
  if (rules.length > 0 && restartPolicy === undefined)
    errors.push(
      required(`${field}.restartPolicy`, 'must specify restartPolicy when restart rules are used'),
    );
  if (rules.length > MAX_RESTART_RULES)
    errors.push(tooMany(`${field}.restartPolicyRules`, rules.length, MAX_RESTART_RULES));
  return [
    ...errors,
    ...rules.flatMap((rule, index) => validateRule(rule, `${field}.restartPolicyRules[${index}]`)),
  ];
}

function validateRule(
  rule: NonNullable<Container['restartPolicyRules']>[number],
  field: string,
): FieldError[] {
  const errors = oneOf(`${field}.action`, rule.action, ['Restart']);
  if (!rule.exitCodes) return [...errors, required(`${field}.exitCodes`, 'must be specified')];
  const { operator, values = [] } = rule.exitCodes;
  if (values.length > MAX_EXIT_CODES)
    errors.push(tooMany(`${field}.exitCodes.values`, values.length, MAX_EXIT_CODES));
  return [...errors, ...oneOf(`${field}.exitCodes.operator`, operator, ['In', 'NotIn'])];
}

/** Pods, unlike templates, may not have blanks around an image. */
export function validateImages(pod: Pod): FieldError[] {
  return (['containers', 'initContainers'] as const).flatMap((list) =>
    (pod.spec[list] ?? []).flatMap(({ image }, index) =>
      image && image !== image.trim()
        ? [
            invalidValue(
              `spec.${list}[${index}].image`,
              image,
              'must not have leading or trailing whitespace',
            ),
          ]
        : [],
    ),
  );
}
