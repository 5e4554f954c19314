// Every minute while pods live: looks at all pods, tasks and executions, and repeats whatever a lost call has left undone.
import { endNamespace } from '../src/api/resources/strategies.ts';
import { lambda } from '../src/aws/lambda/lambda.ts';
import type { Ports } from '../src/ports/ports.ts';
import { sweep as sweepAll } from '../src/steps/sweep/sweep.ts';

/** Sweeps once; also used by local mode and tests. */
export const sweep = (ports: Ports): Promise<{ pods: number }> => sweepAll(ports, endNamespace);

export const handler = lambda(sweep);
