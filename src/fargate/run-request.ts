// RunTask's arguments besides the task definition: identity, idempotency and tags.
import type { Pod } from '../kinds/pod.ts';

/** The same for every try of one attempt, so that a repeated RunTask returns the same task. */
export const clientToken = (uid: string, attempt: number): string => `${uid}-${attempt}`;

/** Tags of the task: cost labels, and the host name that the local engine gives the podlet's container. */
export function taskTags(pod: Pod, hostname: string): Record<string, string> {
  return {
    'droppod/hostname': hostname,
    'droppod/namespace': pod.metadata.namespace ?? 'default',
    'droppod/name': pod.metadata.name ?? '',
    'droppod/uid': pod.metadata.uid ?? '',
  };
}
