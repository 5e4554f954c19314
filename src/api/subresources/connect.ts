// exec, attach, port-forward without an upgrade: the checks before it, and the response if no upgrade is possible.
import { badRequest, notFound } from '../../errors.ts';
import type { ApiError } from '../../errors.ts';
import type { Pod } from '../../kinds/pod.ts';
import { keyOf } from '../call.ts';
import type { Call } from '../call.ts';

import { toPod } from '../../pod/model/to-pod.ts';
import { boolOption } from '../wire/options.ts';
import { chooseContainer } from './log/log.ts';

export interface Connection {
  pod: Pod;
  /** '' for port-forward. */
  container: string;
}

/** The ports of a port-forward over WebSocket channels, with the kubelet's messages (`NewV4Options`), which reads each as 16 bits. */
export function forwardedPorts(query: URLSearchParams): number[] {
  const texts = query.getAll('ports');
  if (texts.length === 0) throw badRequest('query parameter "port" is required');
  if (texts.includes('')) throw badRequest('query parameter "port" cannot be empty');
  const ports = texts
    .flatMap((text) => text.split(','))
    .map((text) => {
      const parseFailed = (why: string): ApiError =>
        badRequest(
          `unable to parse ${JSON.stringify(text)} as a port: strconv.ParseUint: parsing ${JSON.stringify(text)}: ${why}`,
        );
      if (!/^\d+$/.test(text)) throw parseFailed('invalid syntax');
      if (Number(text) > 65_535) throw parseFailed('value out of range');
      if (Number(text) < 1) throw badRequest(`port ${JSON.stringify(text)} must be > 0`);
      return Number(text);
    });
  if (ports.length > MAX_PORTS)
    throw badRequest(`at most ${MAX_PORTS} ports can be forwarded over one connection`);
  return ports;
}

/** Each port has two channels, and a channel's number is one byte. */
const MAX_PORTS = 127;

/** The conditions for a session; the answers are the same with and without an upgrade. */
export async function checkConnection(
  call: Pick<Call, 'ports' | 'resource' | 'namespace' | 'name' | 'subresource' | 'query'>,
): Promise<Connection> {
  const object = await call.ports.store.get(keyOf(call));
  if (object === undefined) throw notFound('pods', call.name);
  const pod = toPod(object);
  const container =
    call.subresource === 'portforward'
      ? ''
      : chooseContainer(pod, call.query.get('container') ?? '');
  if (!pod.spec.nodeName) throw badRequest(`pod ${call.name} does not have a host assigned`);
  const streams = ['stdin', 'stdout', 'stderr'].some((name) => boolOption(call.query, name));
  if (call.subresource !== 'portforward' && !streams)
    throw badRequest('you must specify at least 1 of stdin, stdout, stderr');
  return { pod, container };
}

/** Answers a plain request, or any request where the front carries no upgrades. */
export async function connect(call: Call): Promise<Response> {
  await checkConnection(call);
  if (call.ports.settings.mode === 'local') throw badRequest('Upgrade request required');
  const command = call.subresource === 'portforward' ? 'port-forward' : call.subresource;
  throw badRequest(
    `pod ${call.name}: ${command} needs a connection in both directions, which no serverless front of AWS carries; droppod serves it in local mode only`,
  );
}
