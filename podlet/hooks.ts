// postStart and preStop (pkg/kubelet/lifecycle/handlers.go): one call, an error text or nothing.
import { present } from '../src/present.ts';
import type { Hook } from '../src/protocol/messages.ts';
import { outputText } from './commands.ts';
import type { Commands } from './commands.ts';
import { errorText } from './error-text.ts';
import { execFailure } from './exec-failure.ts';
import type { Clock } from '../src/ports/clock.ts';
import type { Network } from './ports.ts';

export interface HookPlace {
  container: string;
  /** `name_namespace(uid)`. */
  pod: string;
  podIP: string;
  /** Aborts when the container has ended. */
  signal: AbortSignal;
}

export interface HookOutcome {
  error?: string;
  /** Set when an HTTPS hook was answered by plain HTTP. */
  fallback?: string;
}

/** Runs a hook to its end. The error text is the one that the kubelet shows. Never throws: a hook that cannot be called has failed. */
export async function runHook(
  tools: { commands: Commands; network: Network; clock: Clock },
  hook: Hook,
  place: HookPlace,
): Promise<HookOutcome> {
  try {
    return await callHook(tools, hook, place);
  } catch (error) {
    return { error: errorText(error) };
  }
}

async function callHook(
  tools: { commands: Commands; network: Network; clock: Clock },
  hook: Hook,
  place: HookPlace,
): Promise<HookOutcome> {
  const where = `for Container "${place.container}" in Pod "${place.pod}" failed - error: `;
  if ('exec' in hook) return execHook(tools.commands, hook.exec.command, place.container, where);
  if ('httpGet' in hook) {
    if (hook.httpGet.error !== undefined)
      return { error: `HTTP lifecycle hook (${hook.httpGet.path}) ${where}${hook.httpGet.error}` };
    const { error, fallback } = await tools.network.httpHook(
      hook.httpGet,
      hook.httpGet.host ?? place.podIP,
      place.signal,
    );
    return error === undefined
      ? { ...present({ fallback }) }
      : { error: `HTTP lifecycle hook (${hook.httpGet.path}) ${where}${error}` };
  }
  if ('sleep' in hook) {
    await tools.clock.sleep(hook.sleep.seconds * 1000, place.signal);
    return place.signal.aborted ? { error: 'container terminated before sleep hook finished' } : {};
  }
  // The API accepts tcpSocket only for old manifests; no kubelet runs it.
  return { error: 'invalid handler: tcpSocket' };
}

async function execHook(
  commands: Commands,
  command: string[],
  container: string,
  where: string,
): Promise<HookOutcome> {
  const done = await commands.run(container, command, 0);
  if (done.error === undefined && done.code === 0) return {};
  const why =
    done.error === undefined
      ? `command '${command.join(' ')}' exited with ${done.code}: `
      : `rpc error: code = Unknown desc = ${execFailure(done.error)}`;
  return {
    error: `Exec lifecycle hook ([${command.join(' ')}]) ${where}${why}, message: ${JSON.stringify(outputText(done))}`,
  };
}
