// The user of a container's process (securitycontext/util.go): the container's security context over the pod's over the image's USER.
import type { Container, EphemeralContainer, Pod } from '../../kinds/pod.ts';
import type { ProcessUser } from '../../protocol/messages.ts';
import { capabilityName } from './capabilities.ts';
import { podFullName } from '../model/containers.ts';

type Definition = Container | EphemeralContainer;

const capabilityNames = (names: readonly string[] | undefined): string[] =>
  (names ?? []).map(capabilityName);

/** The process' user; supervise looks names up in the image. */
export function effectiveUser(pod: Pod, container: Definition, imageUser: string): ProcessUser {
  const own = container.securityContext;
  const context = pod.spec.securityContext;
  // Of the image's USER the kubelet takes the user alone: its group does not apply.
  const [name = ''] = imageUser.split(':');
  const uid = own?.runAsUser ?? context?.runAsUser;
  const gid = own?.runAsGroup ?? context?.runAsGroup;
  const groups = [
    ...(context?.fsGroup === undefined ? [] : [context.fsGroup]),
    ...(context?.supplementalGroups ?? []),
  ];
  return {
    user: uid === undefined ? name || '0' : String(uid),
    group: gid === undefined ? '' : String(gid),
    supplementalGroups: [...new Set(groups)],
    groupsPolicy: policyOf(pod),
    noNewPrivileges: own?.allowPrivilegeEscalation === false,
    runAsNonRoot: mustNotBeRoot(own, context),
    capabilities: {
      add: capabilityNames(own?.capabilities?.add),
      drop: capabilityNames(own?.capabilities?.drop),
    },
  };
}

function policyOf(pod: Pod): 'Merge' | 'Strict' {
  const context = pod.spec.securityContext;
  // Since 1.31; kubernetes-types does not have it yet.
  const policy: unknown =
    context !== undefined && 'supplementalGroupsPolicy' in context
      ? context.supplementalGroupsPolicy
      : undefined;
  return policy === 'Strict' ? 'Strict' : 'Merge';
}

const mustNotBeRoot = (
  own: Definition['securityContext'],
  context: Pod['spec']['securityContext'],
): boolean => (own?.runAsNonRoot ?? context?.runAsNonRoot) === true;

/** Kubernetes' largest user id. */
const MAX_UID = 2_147_483_647;

/** Why runAsNonRoot refuses the container; undefined where it does not. */
export function nonRootProblem(
  pod: Pod,
  container: Definition,
  imageUser: string,
): string | undefined {
  const own = container.securityContext;
  const context = pod.spec.securityContext;
  if (!mustNotBeRoot(own, context)) return undefined;
  const where = `(pod: "${podFullName(pod)}", container: ${container.name})`;
  const uid = own?.runAsUser ?? context?.runAsUser;
  if (uid !== undefined)
    return uid === 0 ? `container's runAsUser breaks non-root policy ${where}` : undefined;
  const name = imageUser.split(':')[0] ?? '';
  if (name === '' || Number(name) === 0)
    return `container has runAsNonRoot and image will run as root ${where}`;
  if (!/^\d+$/.test(name))
    return `container has runAsNonRoot and image has non-numeric user (${name}), cannot verify user is non-root ${where}`;
  if (Number(name) <= MAX_UID) return undefined;
  return `container has runAsNonRoot and image has an invalid user id (${name}). (Must be 1-(2147483647)): must be between 0 and 2147483647, inclusive ${where}`;
}
