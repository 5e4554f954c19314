// Shows a lasting fault on its pod, while the machine retries the state.
import { stepUnavailable } from '../../pod/events/pod-events.ts';
import { Unavailable } from '../../errors.ts';
import { recordEvents } from '../../events/record-event.ts';
import { faultMembers } from '../../ports/log.ts';
import type { Ports } from '../../ports/ports.ts';
import { readPod } from './update-pod.ts';
import type { PodPorts } from './update-pod.ts';

/** Attempts before a fault counts as lasting: about ten seconds. */
const SHOWN_AFTER = 3;

/** Input of a step with the number of earlier attempts. */
interface Tried {
  uid: string;
  retryCount?: number;
}

/** Wraps a step: from its fourth attempt on a fault becomes an event on the pod, with repetitions counted. The fault is rethrown. */
export const showingFaults =
  <StepPorts extends PodPorts & Pick<Ports, 'log'>, Input extends Tried, Output>(
    name: string,
    step: (ports: StepPorts, input: Input) => Promise<Output>,
  ) =>
  async (ports: StepPorts, input: Input): Promise<Output> => {
    try {
      return await step(ports, input);
    } catch (error) {
      if (error instanceof Unavailable && (input.retryCount ?? 0) >= SHOWN_AFTER)
        await show(ports, input.uid, stepUnavailable(name, error.message));
      throw error;
    }
  };

/** The store may be what is unavailable. */
async function show(
  ports: PodPorts & Pick<Ports, 'log'>,
  uid: string,
  event: ReturnType<typeof stepUnavailable>,
): Promise<void> {
  try {
    const state = await readPod(ports, uid);
    if (state?.pod) await recordEvents(ports, state.pod, [event]);
  } catch (error) {
    ports.log('warn', 'a fault could not be shown on its pod', {
      pod: uid,
      ...faultMembers(error),
    });
  }
}
