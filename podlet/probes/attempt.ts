// One attempt of a probe, by its kind of handler.
import type { ProbeOrder } from '../../src/protocol/messages.ts';
import { outputText } from '../commands.ts';
import type { Commands } from '../commands.ts';
import { errorText } from '../error-text.ts';
import { execFailure } from '../exec-failure.ts';
import type { Attempt, Network } from '../ports.ts';

/** Timers hold no more, and fire at once beyond it. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Makes one attempt against the container `container` of a pod at `podIP`. Never throws: what goes wrong here is an error of the prober. */
export async function attemptProbe(
  tools: { commands: Commands; network: Network },
  probe: ProbeOrder,
  container: string,
  podIP: string,
): Promise<Attempt> {
  try {
    return await attemptOf(tools, probe, container, podIP);
  } catch (error) {
    return { error: errorText(error) };
  }
}

function attemptOf(
  tools: { commands: Commands; network: Network },
  { handler, timeoutSeconds }: ProbeOrder,
  container: string,
  podIP: string,
): Promise<Attempt> {
  const timeoutMs = Math.min(Math.max(timeoutSeconds, 1) * 1000, LONGEST_TIMER_MS);
  if ('exec' in handler)
    return execProbe(tools.commands, container, handler.exec.command, timeoutMs);
  if ('httpGet' in handler) {
    if (handler.httpGet.error !== undefined)
      return Promise.resolve({ error: handler.httpGet.error });
    return tools.network.httpProbe(handler.httpGet, handler.httpGet.host ?? podIP, timeoutMs);
  }
  if ('tcpSocket' in handler) {
    if (handler.tcpSocket.error !== undefined)
      return Promise.resolve({ error: handler.tcpSocket.error });
    return tools.network.tcpProbe(
      handler.tcpSocket.host ?? podIP,
      handler.tcpSocket.port,
      timeoutMs,
    );
  }
  return tools.network.grpcProbe(podIP, handler.grpc.port, handler.grpc.service, timeoutMs);
}

async function execProbe(
  commands: Commands,
  container: string,
  command: string[],
  timeoutMs: number,
): Promise<Attempt> {
  const done = await commands.run(container, command, timeoutMs);
  if (done.error !== undefined)
    return { error: `rpc error: code = Unknown desc = ${execFailure(done.error)}` };
  if (done.timedOut)
    return {
      success: false,
      text: `command timed out: "${command.join(' ')}" timed out after ${timeoutMs / 1000}s`,
    };
  return done.code === 0 ? { success: true } : { success: false, text: outputText(done) };
}
