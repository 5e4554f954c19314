// Merges a supervisor's messages into the world. Each may be repeated or come after a reconnect; hello makes up for lost ones.
// See docs/design/supervise.md.
import { LOST_EXIT_CODE, LOST_MESSAGE, LOST_REASON } from '../src/protocol/run.ts';
import { present } from '../src/present.ts';
import type { Run } from '../src/protocol/run.ts';
import type { Exited, FromSupervise, Owner } from './messages.ts';
import type { ContainerView } from './world.ts';

/** How the agent must react. */
export type Received = 'started' | 'ended' | 'changed' | 'nothing';

/** Merges one message; `now` in ms of the podlet's clock. */
export function receive(container: ContainerView, message: FromSupervise, now: number): Received {
  switch (message.type) {
    case 'hello':
      return receiveHello(container, message, now);
    case 'started':
      return receiveStarted(container, message.run, message.at, message.user);
    case 'exited':
      return receiveExited(container, message);
    case 'term':
      return receiveTerm(container, now);
    case 'leftover':
      return 'changed';
    case 'done':
    case 'stream':
    case 'pong':
      return 'nothing';
  }
}

function receiveHello(
  container: ContainerView,
  hello: Extract<FromSupervise, { type: 'hello' }>,
  now: number,
): Received {
  const first = !container.connected;
  container.hello = container.connected = true;
  delete container.lost;
  // A reply sent over an earlier connection does not count on this one.
  if (hello.term !== undefined && container.term?.settled !== false) receiveTerm(container, now);
  // The start was lost with the old connection: decide sends it again.
  if (container.starting !== undefined && hello.run < container.starting) delete container.starting;
  if (hello.exit !== undefined) return strongest(receiveExited(container, hello.exit), first);
  if (hello.pid > 0 && hello.startedAt !== undefined)
    return strongest(receiveStarted(container, hello.run, hello.startedAt, hello.user), first);
  if (container.alive && hello.run < (container.run?.run ?? 0))
    return receiveLost(container, new Date(now));
  return first ? 'changed' : 'nothing';
}

const strongest = (received: Received, first: boolean): Received =>
  received === 'nothing' && first ? 'changed' : received;

function receiveStarted(
  container: ContainerView,
  run: number,
  at: string,
  user: Owner | undefined,
): Received {
  if (
    run < (container.run?.run ?? 0) ||
    (container.run?.run === run && (container.alive || container.run.exitCode !== undefined))
  )
    return 'nothing';
  const order = container.order;
  const started = order?.startup === undefined;
  container.run = {
    run,
    startedAt: at,
    started,
    ready: started && order?.readiness === undefined,
    ...present({ user }),
  };
  container.alive = true;
  delete container.starting;
  return 'started';
}

function receiveExited(container: ContainerView, exited: Exited): Received {
  const known = container.run?.run ?? 0;
  if (exited.run < known || (exited.run === known && container.run?.exitCode !== undefined))
    return 'nothing';
  const before: Partial<Run> = exited.run === known ? (container.run ?? {}) : {};
  const { postStartError, killedByProbe, user } = before;
  container.run = {
    run: exited.run,
    ...present({ startedAt: exited.startedAt }),
    finishedAt: exited.at,
    exitCode: exited.code,
    started: false,
    ready: false,
    ...present({
      oom: exited.oom ? true : undefined,
      startError: exited.startError,
      message: exited.message,
      postStartError,
      killedByProbe,
      user,
    }),
  };
  endRun(container);
  return 'ended';
}

function endRun(container: ContainerView): void {
  container.alive = container.hookRunning = false;
  delete container.starting;
  delete container.stopping;
  delete container.ownStop;
}

function receiveTerm(container: ContainerView, now: number): Received {
  container.term = { at: now, answered: false, settled: false };
  return 'changed';
}

/** The supervisor is gone for good: this run's exit will not be reported, and the ordered one will not begin. */
export function receiveLost(container: ContainerView, now: Date): Received {
  const { alive, run, starting } = container;
  const lost = alive ? run : starting === undefined ? undefined : { run: starting, started: false };
  if (lost === undefined) return 'nothing';
  container.run = {
    ...lost,
    exitCode: LOST_EXIT_CODE,
    finishedAt: now.toISOString(),
    reason: LOST_REASON,
    message: LOST_MESSAGE,
    ready: false,
  };
  endRun(container);
  return 'ended';
}
