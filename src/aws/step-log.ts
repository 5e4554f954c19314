// One line per step and fault, without input and output: they may hold what a pod's owner would not show.
import { mapOf, own } from '../own.ts';
import { faultMembers, type Log } from '../ports/log.ts';

export interface StepLog {
  /** The function's name. */
  step: string;
  now: () => Date;
  log: Log;
}

/** Logs the step's outcome; a fault is rethrown under its own name. */
export const logged =
  <Ports, Input, Output>(
    step: (ports: Ports, input: Input) => Promise<Output>,
    { step: name, now, log }: StepLog,
  ) =>
  async (ports: Ports, input: Input): Promise<Output> => {
    const begun = now().getTime();
    const line = (): object => ({ step: name, pod: podUid(input), ms: now().getTime() - begun });
    try {
      const output = await step(ports, input);
      log('info', 'step ended', { ...line() });
      return output;
    } catch (error) {
      log('error', 'step failed', { ...line(), ...faultMembers(error) });
      throw error;
    }
  };

/** The pod's uid in the machine's input to a step. */
function podUid(input: unknown): string | undefined {
  const uid = own(mapOf(input), 'uid');
  return typeof uid === 'string' ? uid : undefined;
}
