// After the commit of an edited pod: gates gone start it, an edited image relaunches it, all else reaches the podlet by sync.
import type { Pod } from '../kinds/pod.ts';
import type { Ports } from '../ports.ts';

/** Takes up a change of the pod's metadata or spec; may be called again. */
export async function podEdited(_ports: Ports, _pod: Pod, _previous: Pod): Promise<void> {
  return Promise.resolve();
}
