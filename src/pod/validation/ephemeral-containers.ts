// Rules of ephemeral containers and of their update.
import { isMap } from '../../own.ts';
import type { FieldError } from '../../errors.ts';
import type { EphemeralContainer, Pod } from '../../kinds/pod.ts';
import { duplicate, forbiddenValue, notFoundValue } from '../../validation/field-errors.ts';
import { validateContainerCommon, type PodContext } from './containers.ts';

const UNFIT = [
  'ports',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
] as const;

/** Problems of `spec.ephemeralContainers`. */
export function validateEphemeralContainers(context: PodContext): FieldError[] {
  const { containers, initContainers = [], ephemeralContainers = [] } = context.pod.spec;
  const others = new Set([...containers, ...initContainers].map(({ name }) => name));
  const targets = new Set(containers.map(({ name }) => name));
  return ephemeralContainers.flatMap((container, index) => {
    const own = `spec.ephemeralContainers[${index}]`;
    const { targetContainerName, ...common } = container;
    const errors = validateContainerCommon({ ...common, ports: [], resources: {} }, own, context);
    if (container.name && others.has(container.name))
      errors.push(duplicate(`${own}.name`, container.name));
    others.add(container.name);
    if (targetContainerName && !targets.has(targetContainerName))
      errors.push(notFoundValue(`${own}.targetContainerName`, targetContainerName));
    errors.push(
      ...unfitMembers(container).map((member) =>
        forbiddenValue(`${own}.${member}`, 'cannot be set for an Ephemeral Container'),
      ),
    );
    for (const [at, mount] of (container.volumeMounts ?? []).entries()) {
      if (mount.subPath)
        errors.push(
          forbiddenValue(
            `${own}.volumeMounts[${at}].subPath`,
            'cannot be set for an Ephemeral Container',
          ),
        );
      if (mount.subPathExpr)
        errors.push(
          forbiddenValue(
            `${own}.volumeMounts[${at}].subPathExpr`,
            'cannot be set for an Ephemeral Container',
          ),
        );
    }
    return errors;
  });
}

function unfitMembers(container: EphemeralContainer): string[] {
  const members: Record<string, unknown> = { ...container };
  return UNFIT.filter((member) => {
    const value = members[member];
    return isMap(value) ? Object.keys(value).length > 0 : value !== undefined;
  });
}

/** What an update may not do to ephemeral containers that are there. */
export function ephemeralChanges(next: Pod, old: Pod): FieldError[] {
  const field = 'spec.ephemeralContainers';
  return (old.spec.ephemeralContainers ?? []).flatMap((container) => {
    const now = next.spec.ephemeralContainers?.find(({ name }) => name === container.name);
    if (!now)
      return [
        forbiddenValue(
          field,
          `existing ephemeral containers "${container.name}" may not be removed\n`,
        ),
      ];
    return canonical(now) === canonical(container)
      ? []
      : [
          forbiddenValue(
            field,
            `existing ephemeral containers "${container.name}" may not be changed\n`,
          ),
        ];
  });
}

/** JSON with sorted members, to compare two structures. */
export function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_, member: unknown) =>
      isMap(member)
        ? Object.fromEntries(
            Object.entries(member).sort(([left], [right]) => (left < right ? -1 : 1)),
          )
        : member,
    ) ?? ''
  );
}
