// The Lambda functions of local mode: the steps themselves, under the names that the machine calls.
import { sweep } from '../../functions/sweep.ts';
import { systemClock } from '../../src/system-clock.ts';
import { logged } from '../../src/aws/step-log.ts';
import type { Json } from '../../src/ports/json.ts';
import type { Log } from '../../src/ports/log.ts';
import type { Ports } from '../../src/ports/ports.ts';
import { bindPod } from '../../src/steps/bind/bind-pod.ts';
import { launchPod } from '../../src/steps/launch/launch-pod.ts';
import { observe } from '../../src/steps/observe/observe.ts';
import { finishPod } from '../../src/steps/settle/finish-pod.ts';
import { startContainer } from '../../src/steps/start/start-container.ts';
import type { Functions, LambdaFunction } from '../aws/lambda/invoke.ts';

/** The functions, on ports that may be ready later; their input comes from the machine, which writes it itself as JSON. */
export function functionsOn(ports: () => Ports, log: Log): Functions {
  const step = <Input>(
    name: string,
    run: (ports: Ports, input: Input) => Promise<unknown>,
  ): [string, LambdaFunction] => {
    const shown = logged(run, { step: name, now: systemClock.now, log });
    return [name, async (payload) => (await shown(ports(), payload as Input)) as Json | undefined];
  };
  return Object.fromEntries([
    step('bind-pod', bindPod),
    step('launch-pod', launchPod),
    step('start-container', startContainer),
    step('finish-pod', finishPod),
    step('observe', observe),
    step('sweep', sweep),
  ]);
}
