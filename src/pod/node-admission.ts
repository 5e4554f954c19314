// What the kubelet itself refuses, of pods that were bound to it: such a pod fails at its node (kubelet's admission handlers).
import type { Pod } from '../kinds/pod.ts';
import type { Settings } from '../ports.ts';

/** Sysctls that touch nobody but the pod, by the kubelet's own list; no others are allowed on a node that pods share. */
const SAFE_SYSCTLS: ReadonlySet<string> = new Set([
  'kernel.shm_rmid_forced', 'net.ipv4.ip_local_port_range', 'net.ipv4.tcp_syncookies', 'net.ipv4.ping_group_range', 'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ip_local_reserved_ports', 'net.ipv4.tcp_keepalive_time', 'net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_keepalive_intvl', 'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem',
]);

const OS_LABEL = 'kubernetes.io/os';

/** Why the node turns the pod away, to phase Failed; undefined: it takes the pod. */
export function nodeAdmission({ metadata, spec }: Pod, { mode, beyondFargate }: Pick<Settings, 'mode' | 'beyondFargate'>): { reason: string; message: string } | undefined {
  // On Fargate every pod has a kernel of its own: what Fargate sets for a pod is safe there.
  const unsafe = mode === 'local' && beyondFargate ? (spec.securityContext?.sysctls ?? []).map(({ name }) => normalized(name)).find((name) => !SAFE_SYSCTLS.has(name)) : undefined;
  if (unsafe !== undefined) return { reason: 'SysctlForbidden', message: `forbidden sysctl: ${JSON.stringify(unsafe)} not allowlisted` };
  const label = metadata.labels?.[OS_LABEL];
  if (label !== undefined && label !== 'linux') return { reason: 'PodOSSelectorNodeLabelDoesNotMatch', message: `Failed to admit pod as the \`${OS_LABEL}\` label doesn't match node label` };
  if (spec.os !== undefined && spec.os.name !== 'linux') return { reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS" };
  return undefined;
}

/** With dots as separators; a name that begins with dots keeps its slashes (`net.ipv4.conf.eth0/1.x`). */
function normalized(name: string): string {
  const first = /[./]/.exec(name)?.[0];
  return first === '/' ? [...name].map((sign) => (sign === '/' ? '.' : sign === '.' ? '/' : sign)).join('') : name;
}
