// After the commit of a new pod: starts its execution. If a crash prevents that, sweep does it; its schedule was on before the commit.
// See docs/design/pod.md.
import type { Pod } from '../../kinds/pod.ts';
import { isGated } from '../../pod/model/containers.ts';
import type { Ports } from '../../ports/ports.ts';

/** Starts the pod's execution; may be called again. A gated pod starts when its last gate is removed. */
export async function podCreated(
  { executions }: Pick<Ports, 'executions'>,
  pod: Pod,
): Promise<void> {
  if (isGated(pod)) return;
  const uid = pod.metadata.uid ?? '';
  await executions.start(uid, { uid, generation: 1 });
}
