// After the commit of a deletion timestamp (or a shorter one): the pod's task is told to stop, or the pod without a task is finished.
import type { Pod } from '../kinds/pod.ts';
import type { Ports } from '../ports.ts';

/** Begins or shortens the graceful end of a pod; may be called again. */
export async function podDeleting(_ports: Ports, _pod: Pod): Promise<void> {
  return Promise.resolve();
}
