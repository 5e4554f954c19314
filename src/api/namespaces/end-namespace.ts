// The end of a namespace as sweep takes it up: whoever marked it may have gone before its pods were deleted.
import type { ApiPorts } from '../call.ts';
import { strategyFor } from '../resources/strategies.ts';
import { emptyNamespace } from './empty-namespace.ts';

/** Takes every step of a Terminating namespace that can be taken now; may be called at any time, and again. */
export const endNamespace = (ports: ApiPorts, name: string): Promise<void> =>
  emptyNamespace(ports, name, strategyFor);
