// Every minute while pods live: looks at all pods, tasks and executions. The net under every lost call.
import { endNamespace } from '../src/api/resources/strategies.ts';
import { lambda } from '../src/aws/lambda.ts';
import type { Ports } from '../src/ports/ports.ts';
import { sweep as sweepAll } from '../src/steps/sweep/sweep.ts';

/** Sweeps once, as local mode and tests do too. */
export const sweep = (ports: Ports): Promise<{ pods: number }> => sweepAll(ports, endNamespace);

export const handler = lambda(sweep);
