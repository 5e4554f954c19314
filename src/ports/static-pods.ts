// The static pods of a deployment: the manifests that came with it.
import type { Pod } from '../kinds/pod.ts';

export interface StaticPods {
  manifests: readonly Pod[];
}
