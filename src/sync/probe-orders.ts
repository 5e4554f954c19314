// Probes and hooks of a container with everything resolved that the podlet cannot know: ports by name, `$(VAR)`, defaults.
import type { Container, LifecycleHandler, Pod, Probe } from '../kinds/pod.ts';
import { containerKind } from '../pod/model/containers.ts';
import { expand, processRoom } from '../pod/process/expansion.ts';
import { containerPolicy } from '../pod/run/restart.ts';
import { present } from '../present.ts';
import type { Hook, HttpGet, ProbeOrder } from '../protocol/messages.ts';

type Port = { port: number } | { error: string };

const MAX_PORT = 65_535;

/** A port by number, by name of the container's ports, or by numeric text. */
function resolvePort(container: Container, port: number | string): Port {
  const named =
    typeof port === 'string'
      ? container.ports?.find(({ name }) => name === port)?.containerPort
      : undefined;
  if (typeof port === 'string' && named === undefined && !/^-?\d+$/.test(port))
    return { error: `strconv.Atoi: parsing ${JSON.stringify(port)}: invalid syntax` };
  const number = named ?? Number(port);
  return number > 0 && number <= MAX_PORT
    ? { port: number }
    : { error: `invalid port number: ${number}` };
}

const withPort = (port: Port): { port: number; error?: string } =>
  'error' in port ? { port: 0, error: port.error } : port;

const withHost = (host: string | undefined): { host?: string } =>
  present({ host: host || undefined });

function httpGetOf(container: Container, action: NonNullable<Probe['httpGet']>): HttpGet {
  const { host, path, scheme, port, httpHeaders } = action;
  return {
    ...withHost(host),
    ...withPort(resolvePort(container, port)),
    path: path || '/',
    scheme: scheme === 'HTTPS' ? 'HTTPS' : 'HTTP',
    headers: (httpHeaders ?? []).map(({ name, value }) => ({ name, value })),
  };
}

/** Exec probes see literal `env[].value` entries alone, not valueFrom and not the final environment. */
function probeCommand(container: Container, command: readonly string[]): string[] {
  const literal = new Map(
    (container.env ?? [])
      .filter(({ valueFrom }) => valueFrom === undefined)
      .map(({ name, value }) => [name, value ?? '']),
  );
  const room = processRoom();
  return command.map((word) => expand(word, (name) => literal.get(name), room));
}

function probeHandler(container: Container, probe: Probe): ProbeOrder['handler'] | undefined {
  if (probe.exec !== undefined)
    return { exec: { command: probeCommand(container, probe.exec.command ?? []) } };
  if (probe.httpGet !== undefined) return { httpGet: httpGetOf(container, probe.httpGet) };
  if (probe.tcpSocket !== undefined)
    return {
      tcpSocket: {
        ...withHost(probe.tcpSocket.host),
        ...withPort(resolvePort(container, probe.tcpSocket.port)),
      },
    };
  if (probe.grpc !== undefined)
    return { grpc: { port: probe.grpc.port, service: probe.grpc.service ?? '' } };
  return undefined;
}

/** The probe as the podlet carries it out; 0 means the default, as for the API. */
export function probeOrder(
  pod: Pod,
  container: Container,
  probe: Probe | undefined,
): ProbeOrder | undefined {
  const handler = probe && probeHandler(container, probe);
  if (probe === undefined || handler === undefined) return undefined;
  const restarted =
    containerKind(pod, container.name) === 'app' &&
    containerPolicy(pod, container.name) !== 'Never';
  return {
    handler,
    initialDelaySeconds: probe.initialDelaySeconds ?? 0,
    periodSeconds: probe.periodSeconds || 10,
    timeoutSeconds: probe.timeoutSeconds || 1,
    successThreshold: probe.successThreshold || 1,
    failureThreshold: probe.failureThreshold || 3,
    ...present({ terminationGracePeriodSeconds: probe.terminationGracePeriodSeconds }),
    killSuffix: restarted ? ', will be restarted' : '',
  };
}

/** A postStart or preStop hook; its command is not expanded. */
export function hookOf(
  container: Container,
  handler: LifecycleHandler | undefined,
): Hook | undefined {
  if (handler?.exec !== undefined) return { exec: { command: handler.exec.command ?? [] } };
  if (handler?.httpGet !== undefined) return { httpGet: httpGetOf(container, handler.httpGet) };
  if (handler?.tcpSocket !== undefined)
    return {
      tcpSocket: {
        ...withHost(handler.tcpSocket.host),
        port: withPort(resolvePort(container, handler.tcpSocket.port)).port,
      },
    };
  if (handler?.sleep !== undefined) return { sleep: { seconds: handler.sleep.seconds } };
  return undefined;
}
