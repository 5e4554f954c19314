// A start order in supervise's form: environment as strings, network files, and the stop plan in case the podlet dies.
import type { NetworkFiles, StartOrder } from '../src/protocol/messages.ts';
import type { CopiedFile, StartMessage } from './messages.ts';

/** The message that starts run `run`. */
export function startMessage(
  run: number,
  order: StartOrder,
  network: NetworkFiles | undefined,
  copies: CopiedFile[],
): StartMessage {
  const { stop } = order;
  const preStop = stop.preStop;
  return {
    type: 'start',
    run,
    runsOnce: order.runsOnce ?? false,
    argv: order.argv,
    env: order.env.map(([name, value]) => `${name}=${value}`),
    cwd: order.cwd,
    user: order.user,
    terminationMessagePath: order.terminationMessagePath,
    terminationMessageBytes: order.terminationMessageBytes,
    stop: {
      signal: stop.signal,
      graceSeconds: stop.graceSeconds,
      preStop: preStop !== undefined && 'exec' in preStop ? preStop.exec.command : [],
      preStopSleepSeconds: preStop !== undefined && 'sleep' in preStop ? preStop.sleep.seconds : 0,
    },
    logNonce: order.logNonce,
    files: networkFiles(network),
    links: order.links ?? [],
    copies,
    memory: order.memory ?? [],
    devicesMounted: order.devicesMounted ?? false,
    tty: order.tty ?? false,
    stdin: order.stdin ?? false,
    stdinOnce: order.stdinOnce ?? false,
  };
}

/** The pod's network files, which all of its containers share. */
export function networkFiles(
  network: NetworkFiles | undefined,
): { path: string; content: string }[] {
  if (network === undefined) return [];
  return [
    { path: '/etc/hosts', content: network.hosts },
    { path: '/etc/hostname', content: `${network.hostname}\n` },
    ...(network.resolvConf === undefined
      ? []
      : [{ path: '/etc/resolv.conf', content: network.resolvConf }]),
  ];
}
