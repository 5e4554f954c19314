// The Lambda functions of local mode: the steps themselves, under the names that the machine calls.
import { sweep } from '../../functions/sweep.ts';
import type { Json } from '../../src/ports/json.ts';
import type { Ports } from '../../src/ports/ports.ts';
import { bindPod } from '../../src/steps/bind/bind-pod.ts';
import { launchPod } from '../../src/steps/launch/launch-pod.ts';
import { observe } from '../../src/steps/observe/observe.ts';
import { finishPod } from '../../src/steps/settle/finish-pod.ts';
import { startContainer } from '../../src/steps/start/start-container.ts';
import type { Functions, LambdaFunction } from '../aws/lambda/invoke.ts';

/** The functions, on ports that may be ready later; their input comes from the machine, which writes it itself as JSON. */
export function functionsOn(ports: () => Ports): Functions {
  const step =
    <Input>(run: (ports: Ports, input: Input) => Promise<unknown>): LambdaFunction =>
    async (payload) =>
      (await run(ports(), payload as Input)) as Json | undefined;
  return {
    'bind-pod': step(bindPod),
    'launch-pod': step(launchPod),
    'start-container': step(startContainer),
    'finish-pod': step(finishPod),
    observe: step(observe),
    sweep: step(sweep),
  };
}
