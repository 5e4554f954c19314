// One line of JSON per step and fault, whose members CloudWatch Logs Insights finds by name. Input and output stay out of it:
// they may hold what a pod's owner would not show.
import { own } from '../own.ts';

export interface StepLog {
  /** The function's name. */
  step: string;
  now: () => Date;
  write: (line: string) => void;
}

/** The step with its outcome logged; a fault is thrown on, under its own name. */
export const logged =
  <Ports, Input, Output>(
    step: (ports: Ports, input: Input) => Promise<Output>,
    { step: name, now, write }: StepLog,
  ) =>
  async (ports: Ports, input: Input): Promise<Output> => {
    const begun = now();
    const line = (level: 'info' | 'error', msg: string, more: object): void => {
      const time = now();
      const ms = time.getTime() - begun.getTime();
      write(JSON.stringify({ level, msg, time, step: name, pod: podUid(input), ms, ...more }));
    };
    try {
      const output = await step(ports, input);
      line('info', 'step ended', {});
      return output;
    } catch (error) {
      line('error', 'step failed', { error: faultOf(error) });
      throw error;
    }
  };

/** What the machine hands to every step of a pod. */
function podUid(input: unknown): string | undefined {
  const uid = typeof input === 'object' && input !== null ? own(input as Named, 'uid') : undefined;
  return typeof uid === 'string' ? uid : undefined;
}

interface Named {
  [name: string]: unknown;
}

const faultOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);
