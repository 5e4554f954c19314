// The controllers and the garbage collector, woken by the table's stream, by due times, and each minute while pods live.
import { watchersOn } from '../src/api/watchers.ts';
import { lambdaWoken } from '../src/aws/lambda/lambda.ts';
import type { Ports } from '../src/ports/ports.ts';
import type { Wake } from '../src/ports/wake.ts';
import { react } from '../src/steps/reconcile/react.ts';
import { listsOnce } from '../src/steps/reconcile/wake.ts';

/** Handles one wake. */
export const reconcile = (ports: Ports, wake: Wake): Promise<void> =>
  react(ports, watchersOn(ports, listsOnce(ports)), wake);

export const handler = lambdaWoken(reconcile);
