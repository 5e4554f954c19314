// One loop per container run and probe: attempt, count, report; it ends when its result is final or the run is over.
import type { ProbeOrder } from '../../src/protocol/messages.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Attempt } from '../ports.ts';
import { countAnswer, initialCount } from './count.ts';

export type ProbeKind = 'startup' | 'liveness' | 'readiness';

export interface ProbeWork {
  kind: ProbeKind;
  probe: ProbeOrder;
  /** When the container's process started, ms. */
  startedAt: number;
  clock: Clock;
  attempt(): Promise<Attempt>;
  /** Every attempt that failed, erred or warned, as an event. */
  onEvent(reason: 'Unhealthy' | 'ProbeWarning', message: string): void;
  onResult(kind: ProbeKind, success: boolean): void;
  signal: AbortSignal;
}

/** prober.go maxProbeRetries: only the prober's own errors are tried again within a tick. */
const ATTEMPTS = 3;

/** Probes until the run is over; liveness stops after its failure, startup after its result (both on hold in the kubelet). */
export async function runProbe(work: ProbeWork): Promise<void> {
  const { clock, probe, signal, kind } = work;
  await sleepUntil(clock, work.startedAt + probe.initialDelaySeconds * 1000, signal);
  let count = initialCount(kind);
  for (
    let tick = clock.now().getTime();
    !signal.aborted;
    tick = nextTick(clock, tick, probe.periodSeconds)
  ) {
    await sleepUntil(clock, tick, signal);
    if (signal.aborted) return;
    const success = await attemptOnce(work);
    if (signal.aborted) return;
    if (success === undefined) continue;
    const before = count.result;
    count = countAnswer(count, success, probe);
    if (count.result !== before && count.result !== undefined) work.onResult(kind, count.result);
    if (
      (kind === 'startup' && count.result !== undefined) ||
      (kind === 'liveness' && count.result === false)
    )
      return;
  }
}

async function sleepUntil(clock: Clock, time: number, signal: AbortSignal): Promise<void> {
  const wait = time - clock.now().getTime();
  if (wait > 0) await clock.sleep(wait, signal);
}

/** Ticks that passed during a slow attempt are not made up for (a Go ticker drops them). */
function nextTick(clock: Clock, tick: number, periodSeconds: number): number {
  const period = Math.max(periodSeconds, 1) * 1000;
  const missed = Math.max(0, Math.floor((clock.now().getTime() - tick) / period));
  return tick + period * Math.max(1, missed);
}

/** undefined: discarded, neither success nor failure. */
async function attemptOnce({
  attempt,
  kind,
  onEvent,
  signal,
}: ProbeWork): Promise<boolean | undefined> {
  const name = kind.charAt(0).toUpperCase() + kind.slice(1);
  let answer = await attempt();
  for (let tries = 1; 'error' in answer && tries < ATTEMPTS && !signal.aborted; tries += 1)
    answer = await attempt();
  if (signal.aborted) return undefined;
  if ('error' in answer) {
    onEvent(
      'Unhealthy',
      `${name} probe errored and resulted in ${answer.state ?? 'unknown'} state: ${answer.error}`,
    );
    return undefined;
  }
  if (!answer.success) onEvent('Unhealthy', `${name} probe failed: ${answer.text}`);
  else if (answer.warning !== undefined)
    onEvent('ProbeWarning', `${name} probe warning: ${answer.warning}`);
  return answer.success;
}
