// The end of a namespace as sweep continues it: the process that marked it may have died before its pods were deleted.
import type { ApiPorts } from '../call.ts';
import { strategyFor } from '../resources/strategies.ts';
import { emptyNamespace } from './empty-namespace.ts';

/** Takes every step of a Terminating namespace that is possible now. May be called at any time, and repeated. */
export const endNamespace = (ports: ApiPorts, name: string): Promise<void> =>
  emptyNamespace(ports, name, strategyFor);
