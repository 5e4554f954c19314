// A pod's sysctls as system controls: network ones belong to the podlet's container, which owns the network, all others to every container.
import type { Pod } from '../kinds/pod.ts';
import { sysctlName } from '../pod/model/sysctls.ts';
import type { ContainerDefinition } from '../ports/tasks.ts';

/** The member of a container definition; absent where there are no sysctls of that kind. */
export function systemControls(
  { spec }: Pod,
  kind: 'network' | 'other',
): Pick<ContainerDefinition, 'systemControls'> {
  const all = (spec.securityContext?.sysctls ?? []).map(({ name, value }) => ({
    namespace: sysctlName(name),
    value,
  }));
  const own = all.filter(({ namespace }) => namespace.startsWith('net.') === (kind === 'network'));
  return own.length === 0 ? {} : { systemControls: own };
}
