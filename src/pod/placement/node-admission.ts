// The kubelet's own refusals of pods that are bound to it: such a pod fails on its node (kubelet's admission handlers).
import type { Pod } from '../../kinds/pod.ts';
import { isOwnSysctl, sysctlName } from '../model/sysctls.ts';

const OS_LABEL = 'kubernetes.io/os';

/** Why the node refuses the pod, which then goes to phase Failed; undefined: it accepts the pod. */
export function nodeAdmission({
  metadata,
  spec,
}: Pod): { reason: string; message: string } | undefined {
  const unsafe = spec.securityContext?.sysctls
    ?.map(({ name }) => sysctlName(name))
    .find((name) => !isOwnSysctl(name));
  if (unsafe !== undefined)
    return {
      reason: 'SysctlForbidden',
      message: `forbidden sysctl: ${JSON.stringify(unsafe)} not allowlisted`,
    };
  const label = metadata.labels?.[OS_LABEL];
  if (label !== undefined && label !== 'linux')
    return {
      reason: 'PodOSSelectorNodeLabelDoesNotMatch',
      message: `Failed to admit pod as the \`${OS_LABEL}\` label doesn't match node label`,
    };
  if (spec.os !== undefined && spec.os.name !== 'linux')
    return {
      reason: 'PodOSNotSupported',
      message: "Failed to admit pod as the OS field doesn't match node OS",
    };
  return undefined;
}
