// Rules of `spec`, in the order in which Kubernetes looks at its members.
import type { FieldError } from '../../errors.ts';
import type { Pod, PodSpec } from '../../kinds/pod.ts';
import { repeats } from '../../repeats.ts';
import {
  between,
  duplicate,
  invalidEach,
  invalidValue,
  oneOf,
  required,
} from '../../validation/field-errors.ts';
import { labelProblems, qualifiedNameProblems, subdomainProblems } from '../../validation/names.ts';
import { validateLabels } from '../../validation/object-meta.ts';
import { validateAffinity } from './affinity.ts';
import { validateContainers, validateInitContainers } from './containers.ts';
import { validateFileVolumes } from './environment.ts';
import { validateEphemeralContainers } from './ephemeral-containers.ts';
import {
  validateDns,
  validateHostAliases,
  validateHostnameOverride,
  validateHostNetworkPorts,
  validateHostUsers,
} from './network.ts';
import { validateOs } from './operating-system.ts';
import { validatePodResources } from './resources.ts';
import { validateGates, validateSpread, validateTolerations } from './scheduling.ts';
import { validatePodSecurity } from './security.ts';
import { validateVolumes } from './volumes/volumes.ts';
import { validateHostProcess } from './windows-options.ts';

const MAX_INT32 = 2147483647;

/** All problems of `spec`. */
export function validateSpec(pod: Pod): FieldError[] {
  const { spec } = pod;
  const labels = pod.metadata.labels ?? {};
  const { errors, volumes } = validateVolumes(pod);
  const context = { pod, volumes, claims: claimNames(spec) };
  return [
    ...errors,
    ...validateResourceClaims(spec),
    ...validateContainers(context),
    ...validateInitContainers(context),
    ...validateEphemeralContainers(context),
    ...validatePodResources(spec),
    ...validateHostNetworkPorts(spec),
    ...oneOf('spec.restartPolicy', spec.restartPolicy, ['Always', 'OnFailure', 'Never']),
    ...oneOf('spec.dnsPolicy', spec.dnsPolicy, [
      'ClusterFirstWithHostNet',
      'ClusterFirst',
      'Default',
      'None',
    ]),
    ...validateLabels(spec.nodeSelector, 'spec.nodeSelector'),
    ...validatePodSecurity(spec),
    ...(spec.affinity ? validateAffinity(spec.affinity, labels) : []),
    ...validateDns(spec),
    ...(spec.readinessGates ?? []).flatMap(({ conditionType }, index) =>
      invalidEach(
        `spec.readinessGates[${index}].conditionType`,
        conditionType ?? '',
        qualifiedNameProblems(conditionType ?? ''),
      ),
    ),
    ...validateGates(spec.schedulingGates ?? []),
    ...validateSpread(spec.topologySpreadConstraints ?? [], labels),
    ...validateHostUsers(spec),
    ...validateHostnameOverride(spec),
    ...validateIdentity(spec),
    ...validateTolerations(spec.tolerations ?? []),
    ...validateHostAliases(spec.hostAliases ?? []),
    ...validateClasses(spec),
    ...validateHostProcess(spec),
    ...validateOs(spec),
    ...validateFileVolumes(pod),
  ];
}

const claimNames = (spec: PodSpec): string[] =>
  (spec.resourceClaims ?? []).map(({ name }) => name).filter(Boolean);

function validateIdentity(spec: PodSpec): FieldError[] {
  const named = (member: 'serviceAccountName' | 'nodeName'): FieldError[] =>
    spec[member]
      ? invalidEach(`spec.${member}`, spec[member], subdomainProblems(spec[member]))
      : [];
  const label = (member: 'hostname' | 'subdomain'): FieldError[] =>
    spec[member] ? invalidEach(`spec.${member}`, spec[member], labelProblems(spec[member])) : [];
  return [
    ...named('serviceAccountName'),
    ...named('nodeName'),
    ...(spec.activeDeadlineSeconds === undefined
      ? []
      : between('spec.activeDeadlineSeconds', spec.activeDeadlineSeconds, 1, MAX_INT32)),
    ...label('hostname'),
    ...label('subdomain'),
  ];
}

function validateClasses(spec: PodSpec): FieldError[] {
  const { priorityClassName, runtimeClassName, preemptionPolicy } = spec;
  return [
    ...(priorityClassName
      ? invalidEach(
          'spec.priorityClassName',
          priorityClassName,
          subdomainProblems(priorityClassName),
        )
      : []),
    ...(runtimeClassName === undefined
      ? []
      : invalidEach(
          'spec.runtimeClassName',
          runtimeClassName,
          subdomainProblems(runtimeClassName),
        )),
    ...(preemptionPolicy === undefined
      ? []
      : oneOf('spec.preemptionPolicy', preemptionPolicy, ['PreemptLowerPriority', 'Never'])),
  ];
}

function validateResourceClaims(spec: PodSpec): FieldError[] {
  const { resourceClaims = [] } = spec;
  const second = repeats(resourceClaims.map(({ name }) => name));
  return resourceClaims.flatMap((claim, index) => {
    const field = `spec.resourceClaims[${index}]`;
    const { resourceClaimName = null, resourceClaimTemplateName = null } = {
      resourceClaimName: undefined,
      resourceClaimTemplateName: undefined,
      ...claim,
    };
    const shown = {
      Name: claim.name,
      ResourceClaimName: resourceClaimName,
      ResourceClaimTemplateName: resourceClaimTemplateName,
    };
    const errors = claim.name
      ? second.has(index)
        ? [duplicate(`${field}.name`, claim.name)]
        : invalidEach(`${field}.name`, claim.name, labelProblems(claim.name))
      : [required(`${field}.name`)];
    for (const [member, name] of Object.entries({ resourceClaimName, resourceClaimTemplateName }))
      if (name !== null)
        errors.push(...invalidEach(`${field}.${member}`, name, subdomainProblems(name)));
    if (resourceClaimName !== null && resourceClaimTemplateName !== null) {
      errors.push(
        invalidValue(
          field,
          shown,
          'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified',
        ),
      );
    }
    if (resourceClaimName === null && resourceClaimTemplateName === null) {
      errors.push(
        invalidValue(
          field,
          shown,
          'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
        ),
      );
    }
    return errors;
  });
}
