// The one author of pod.status (design decision 8): spec + what is observed + the old status -> the new status.
import type { Pod, PodStatus } from '../kinds/pod.ts';
import type { ObservedPod } from './observed.ts';

/** The status that the API shows; the old one counts only for what must stay (terminal phase, transition times, foreign conditions). */
export function computeStatus(pod: Pod, observed: ObservedPod, now: Date): PodStatus {
  throw new Error(`not built: ${String(pod.metadata.name)} ${String(observed.terminal)} ${now.toISOString()}`);
}
