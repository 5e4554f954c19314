// Decide, then do: one pure function from the known state to the orders that are due and the time to look again.
// See docs/design/supervise.md.
import type { StartOrder } from '../src/protocol/messages.ts';
import { own } from '../src/own.ts';
import { present } from '../src/present.ts';
import { decideStop, isHeldBackByOthers, stopRequest } from './stop.ts';
import type { ContainerView, World } from './world.ts';
import { ending, quiet, sandboxReady } from './world.ts';

/** supervise stops waiting after 3 s: the podlet replies before that, with or without the API. */
const TERM_ANSWER_MS = 2_500;
/** ECS kills at 120 s; a podlet that cannot report leaves slightly earlier. */
const ENGINE_PATIENCE_MS = 115_000;

export type Order =
  | { kind: 'start'; container: string; run: number; order: StartOrder }
  /** The run cannot start: its container was killed. */
  | { kind: 'lose'; container: string; run: number }
  | {
      kind: 'beginStop';
      container: string;
      graceSeconds: number;
      message?: string;
      preStop: boolean;
    }
  | { kind: 'shrinkGrace'; container: string; graceSeconds: number }
  | { kind: 'signal'; container: string; signal: string; last: boolean }
  | { kind: 'acknowledgeTerm'; container: string; forward: boolean; stop: boolean }
  /** The engine waits for this container and its process has ended, so its supervisor may end too. */
  | { kind: 'quit'; container: string }
  | { kind: 'leave' };

export interface Decision {
  orders: Order[];
  /** Look again at this time (ms) even if nothing happens. */
  wakeAt: number;
}

/** What is due now. Once its orders are carried out, repeating it gives none of them again. */
export function decide(world: World, now: number): Decision {
  const decision: Decision = { orders: [], wakeAt: Infinity };
  for (const container of world.containers) {
    answerTerm(world, container, now, decision);
    // Orders to a disconnected supervisor would be lost: its next hello brings them up again.
    if (container.alive && container.connected) stop(world, container, now, decision);
    else if (
      !container.alive &&
      ending(world) &&
      container.term?.settled === true &&
      container.starting === undefined &&
      container.quit !== true
    )
      decision.orders.push({ kind: 'quit', container: container.name });
  }
  decision.orders.push(...starts(world, now));
  for (const { refusal } of world.containers)
    if (refusal !== undefined && refusal.until > now)
      decision.wakeAt = Math.min(decision.wakeAt, refusal.until);
  leave(world, now, decision);
  return decision;
}

function answerTerm(world: World, container: ContainerView, now: number, decision: Decision): void {
  const term = container.term;
  if (term === undefined || term.settled) return;
  const isUnanswered = now >= term.at + TERM_ANSWER_MS;
  if (ending(world))
    decision.orders.push({
      kind: 'acknowledgeTerm',
      container: container.name,
      forward: false,
      stop: false,
    });
  // `kill -TERM 1` inside looks like the engine: only sync distinguishes them.
  else if (term.answered)
    decision.orders.push({
      kind: 'acknowledgeTerm',
      container: container.name,
      forward: true,
      stop: false,
    });
  else if (isUnanswered)
    decision.orders.push({
      kind: 'acknowledgeTerm',
      container: container.name,
      forward: false,
      stop: true,
    });
  else decision.wakeAt = Math.min(decision.wakeAt, term.at + TERM_ANSWER_MS);
}

function stop(world: World, container: ContainerView, now: number, decision: Decision): void {
  const request = stopRequest(world, container);
  if (request === undefined) return;
  const { name, stopping } = container;
  if (stopping === undefined) {
    const preStop = request.graceSeconds > 0 && container.order?.stop.preStop !== undefined;
    const message = present({ message: request.message });
    decision.orders.push({
      kind: 'beginStop',
      container: name,
      graceSeconds: request.graceSeconds,
      preStop,
      ...message,
    });
    return;
  }
  if (request.graceSeconds < stopping.graceSeconds) {
    decision.orders.push({
      kind: 'shrinkGrace',
      container: name,
      graceSeconds: request.graceSeconds,
    });
    return;
  }
  const next = decideStop(stopping, isHeldBackByOthers(world, container), now);
  if ('wakeAt' in next) decision.wakeAt = Math.min(decision.wakeAt, next.wakeAt);
  else if (next.signal === 'stop')
    decision.orders.push({
      kind: 'signal',
      container: name,
      signal: container.order?.stop.signal ?? 'SIGTERM',
      last: false,
    });
  else decision.orders.push({ kind: 'signal', container: name, signal: 'SIGKILL', last: true });
}

/** Starts in the order of the pod; while a postStart hook runs nothing else starts (the kubelet's start call is synchronous). */
function starts(world: World, now: number): Order[] {
  if (
    world.desired === undefined ||
    ending(world) ||
    !sandboxReady(world) ||
    !volumesInPlace(world)
  )
    return [];
  const orders: Order[] = [];
  // In the pod's order, which the response cannot preserve: JavaScript puts members with numeric names first.
  for (const container of world.containers) {
    const { name } = container;
    const wanted = own(world.desired.containers, name);
    if (wanted === undefined) continue;
    if (world.containers.some((other) => other.hookRunning)) break;
    if (
      container.lost === true &&
      wanted.start !== undefined &&
      wanted.run > (container.run?.run ?? 0)
    ) {
      orders.push({ kind: 'lose', container: name, run: wanted.run });
      continue;
    }
    const free =
      container.connected &&
      !container.alive &&
      container.starting === undefined &&
      container.quit !== true &&
      (container.refusal?.until ?? 0) <= now;
    if (!free || wanted.start === undefined || wanted.run <= (container.run?.run ?? 0)) {
      // The hook of a pending start still comes before the next container.
      if (container.starting !== undefined && container.order?.postStart !== undefined) break;
      continue;
    }
    orders.push({ kind: 'start', container: name, run: wanted.run, order: wanted.start });
    if (wanted.start.postStart !== undefined) break;
  }
  return orders;
}

/** A volume that was complete once stays usable when its source is deleted; the current content is applied before a start. */
const volumesInPlace = (world: World): boolean =>
  Object.values(world.volumes).every(
    ({ applied, wanted }) =>
      applied !== undefined && (wanted.missing !== undefined || applied === wanted.version),
  );

function leave(world: World, now: number, decision: Decision): void {
  const { engineTermAt, lastAnswerAt } = world;
  const isUnanswered = engineTermAt !== undefined && (lastAnswerAt ?? 0) < engineTermAt;
  if (quiet(world) && (world.doneAnswered || world.refused))
    decision.orders.push({ kind: 'leave' });
  else if (isUnanswered && now >= engineTermAt + ENGINE_PATIENCE_MS)
    decision.orders.push({ kind: 'leave' });
  else if (isUnanswered)
    decision.wakeAt = Math.min(decision.wakeAt, engineTermAt + ENGINE_PATIENCE_MS);
}
