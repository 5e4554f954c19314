// Whether sweep's schedule is on, as a record: EventBridge's rule supports no conditional write, the record does.
// docs/design/pod.md shows why no order of steps and no crash leaves a pod without the schedule.
import { StoreConflict, Unavailable } from '../../errors.ts';
import { isMap } from '../../own.ts';
import type { Ports } from '../../ports/ports.ts';
import type { SweepRule } from '../../ports/sweep-rule.ts';

type SwitchPorts = Pick<Ports, 'store' | 'clock' | 'sweepRule'>;

/** `resting`: on, and soon off unless something comes; `switching`: a sweep is switching the rule off right now. */
type State = 'on' | 'resting' | 'switching' | 'off';

interface Seen {
  state: State;
  /** Milliseconds. */
  at: number;
  /** 0: never written. */
  revision: number;
}

const KEY = 'sweep-switch';

/** The longest life of a sweep's function: two minutes of Lambda's time-out, plus clock differences. */
export const LONGEST_SWEEP_MS = 150_000;

/** By then a caller that read `on` has committed or is dead: Lambda's longest call is 15 minutes, and a sweep's write may be late. */
export const LONGEST_CALL_MS = 900_000 + LONGEST_SWEEP_MS;

const ATTEMPTS = 5;
const PAUSE_MS = 100;

const isState = (value: unknown): value is State =>
  value === 'on' || value === 'resting' || value === 'switching' || value === 'off';

async function look({ store }: SwitchPorts): Promise<Seen> {
  const record = await store.getRecord(KEY);
  const { state, at } = isMap(record?.value) ? record.value : {};
  return {
    state: isState(state) ? state : 'off',
    at: typeof at === 'string' ? Date.parse(at) : 0,
    revision: record?.revision ?? 0,
  };
}

/** The stored state after the change; undefined: it has changed since it was read. */
async function change(
  { store, clock }: SwitchPorts,
  { revision }: Seen,
  state: State,
): Promise<Seen | undefined> {
  const at = clock.now();
  try {
    await store.commit({
      records: [{ key: KEY, value: { state, at: at.toISOString() }, expected: revision }],
    });
  } catch (error) {
    if (error instanceof StoreConflict) return undefined;
    throw error;
  }
  return { state, at: at.getTime(), revision: revision + 1 };
}

const lasts = ({ clock }: SwitchPorts, { at }: Seen, milliseconds: number): boolean =>
  clock.now().getTime() - at < milliseconds;

/** Whether the schedule is on and stays so for as long as this call can live. */
async function isOn(ports: SwitchPorts, rule: SweepRule): Promise<boolean> {
  const seen = await look(ports);
  if (seen.state === 'on') return true;
  if (seen.state === 'switching' && lasts(ports, seen, LONGEST_SWEEP_MS)) return false;
  if (seen.state !== 'resting') await rule.on();
  return (await change(ports, seen, 'on')) !== undefined;
}

/** Call before a commit that sweep must look after. Throws Unavailable if the schedule is not on: then nothing may be committed. */
export async function keepSweepOn(ports: SwitchPorts): Promise<void> {
  const { sweepRule, clock } = ports;
  if (!sweepRule) return;
  for (let attempt = 1; ; attempt++) {
    try {
      if (await isOn(ports, sweepRule)) return;
      if (attempt === ATTEMPTS) throw new Unavailable("sweep's schedule is being switched");
    } catch (error) {
      if (!(error instanceof Unavailable) || attempt === ATTEMPTS) throw error;
    }
    await clock.sleep(PAUSE_MS * 2 ** (attempt - 1));
  }
}

/** One step of a sweep without work towards switching the schedule off. `isBusy` checks again. */
export async function restSweep(ports: SwitchPorts, isBusy: () => Promise<boolean>): Promise<void> {
  const { sweepRule } = ports;
  if (!sweepRule) return;
  const seen = await look(ports);
  if (seen.state === 'on') return void (await change(ports, seen, 'resting'));
  if (seen.state === 'resting' && lasts(ports, seen, LONGEST_CALL_MS)) return;
  if (seen.state === 'switching') {
    if (lasts(ports, seen, LONGEST_SWEEP_MS)) return;
    // The sweep that was switching is dead, and how far it came is unknown.
    await sweepRule.on();
    return void (await change(ports, seen, 'on'));
  }
  if (seen.revision === 0) {
    // The first sweep after a deployment: older code knows nothing of the switch.
    await sweepRule.on();
    return void (await change(ports, seen, 'resting'));
  }
  await switchOff(ports, sweepRule, seen, isBusy);
}

async function switchOff(
  ports: SwitchPorts,
  rule: SweepRule,
  seen: Seen,
  isBusy: () => Promise<boolean>,
): Promise<void> {
  const own = await change(ports, seen, 'switching');
  if (own === undefined) return;
  if (await isBusy()) {
    await rule.on();
    return void (await change(ports, own, 'on'));
  }
  await rule.off();
  const off = await change(ports, own, 'off');
  if (off === undefined || (await isBusy())) await rule.on();
}
