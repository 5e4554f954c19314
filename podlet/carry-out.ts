// Carries out what decide.ts has ordered: starts, stops, signals, and the last word to a supervisor.
// See docs/design/supervise.md.
import { bringContent } from './content.ts';
import { cutText, MAX_MESSAGE_BYTES } from '../src/protocol/cut-text.ts';
import type { StartOrder } from '../src/protocol/messages.ts';
import type { Order } from './decide.ts';
import { errorText } from './error-text.ts';
import type { EventLog } from './events.ts';
import { withFileVariables } from './file-variables.ts';
import type { CopiedFile } from './messages.ts';
import type { PodletPorts } from './ports.ts';
import type { Runs } from './runs.ts';
import { networkFiles, startMessage } from './start-message.ts';
import { plannedGraceSeconds } from './stop.ts';
import type { ContainerView, World } from './world.ts';
import { ending } from './world.ts';

const START_RETRY_MS = 10_000;

/** What an order needs of the agent. */
export interface Tools {
  ports: Pick<PodletPorts, 'shareFiles' | 'supervisors' | 'volumes'>;
  world: World;
  events: EventLog;
  runs: Runs;
  now(): number;
  /** Something changed that belongs in a report. */
  changed(): void;
  /** Saves what survives a crash of the podlet. */
  remember(): void;
  /** The run has ended without an exit. */
  lose(container: ContainerView): void;
  /** Everything has ended: the podlet may leave. */
  leave(): void;
  /** Handles the errors of a promise that nobody awaits. */
  own(where: string, work: Promise<unknown>): void;
}

/** Does what was decided; a promise that it begins is owned by `tools.own`. */
export function carryOut(tools: Tools, order: Order): void {
  if (order.kind === 'leave') return tools.leave();
  const container = tools.world.containers.find(({ name }) => name === order.container);
  if (container === undefined) return;
  switch (order.kind) {
    case 'start':
      return start(tools, container, order.run, order.order);
    case 'lose':
      container.starting = order.run;
      return tools.lose(container);
    case 'beginStop':
      return beginStop(tools, container, order);
    case 'shrinkGrace':
      if (container.stopping !== undefined) container.stopping.graceSeconds = order.graceSeconds;
      return;
    case 'signal':
      return signal(tools, container, order.signal, order.last);
    case 'acknowledgeTerm':
      return acknowledgeTerm(tools, container, order);
    case 'quit':
      container.quit = true;
      return tools.ports.supervisors.send(container.name, { type: 'quit' });
  }
}

function start(tools: Tools, container: ContainerView, run: number, order: StartOrder): void {
  container.order = order;
  container.starting = run;
  delete container.refusal;
  tools.remember();
  tools.ports.shareFiles(networkFiles(tools.world.desired?.hosts));
  const send = (filled: StartOrder, copies: CopiedFile[]): void =>
    tools.ports.supervisors.send(
      container.name,
      startMessage(run, filled, tools.world.desired?.hosts, copies),
    );
  if (order.fileVariables === undefined && order.content === undefined) return send(order, []);
  tools.own(
    'what only volumes know',
    completed(tools, order)
      .catch((error: unknown) => ({ error: errorText(error) }))
      .then((known) => {
        if (!('error' in known) && !ending(tools.world)) return send(known.order, known.copies);
        delete container.starting;
        if ('error' in known) refuse(tools, container, cutText(known.error, MAX_MESSAGE_BYTES));
        tools.changed();
      }),
  );
}

/** The order with the values that only the pod's volumes hold. */
async function completed(
  { ports }: Tools,
  order: StartOrder,
): Promise<{ order: StartOrder; copies: CopiedFile[] } | { error: string }> {
  const brought = await bringContent(order, ports.volumes);
  if ('error' in brought) return brought;
  const filled = await withFileVariables(order, ports.volumes);
  return 'error' in filled ? filled : { ...filled, ...brought };
}

/** The run cannot start now; it is retried later, as by the kubelet. */
function refuse(tools: Tools, container: ContainerView, message: string): void {
  container.refusal = { message, until: tools.now() + START_RETRY_MS };
  tools.events.add('Warning', 'Failed', `Error: ${message}`, container.name);
}

function beginStop(
  tools: Tools,
  container: ContainerView,
  order: Extract<Order, { kind: 'beginStop' }>,
): void {
  const stopping: ContainerView['stopping'] = {
    since: tools.now(),
    graceSeconds: order.graceSeconds,
    preStop: order.preStop ? 'running' : 'none',
  };
  container.stopping = stopping;
  if (order.message !== undefined)
    tools.events.add('Normal', 'Killing', order.message, container.name);
  tools.changed();
  const hook = container.order?.stop.preStop;
  if (!order.preStop || hook === undefined) return;
  tools.own(
    'preStop',
    tools.runs.preStop(container, hook).then((how) => {
      if (how === 'overtaken') return;
      stopping.preStop = 'done';
      tools.changed();
    }),
  );
}

function signal(tools: Tools, container: ContainerView, signal: string, last: boolean): void {
  if (container.stopping !== undefined) {
    if (last) container.stopping.killed = true;
    else container.stopping.signalledAt = tools.now();
  }
  tools.ports.supervisors.send(container.name, { type: 'kill', signal });
}

function acknowledgeTerm(
  tools: Tools,
  container: ContainerView,
  { forward, stop }: Extract<Order, { kind: 'acknowledgeTerm' }>,
): void {
  if (container.term !== undefined) container.term.settled = true;
  if (forward) delete container.term;
  tools.ports.supervisors.send(container.name, { type: 'ack', forward });
  if (stop && container.alive)
    container.ownStop = {
      graceSeconds: plannedGraceSeconds(container),
      message: `Stopping container ${container.name}`,
    };
}
