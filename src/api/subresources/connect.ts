// exec, attach, port-forward without an upgrade: the checks that come before it, and what to do instead where no upgrade is served.
import { badRequest, notFound } from '../../errors.ts';
import type { Pod } from '../../kinds/pod.ts';
import { recordKey, toRecord } from '../../lifecycle/record-for.ts';
import { keyOf } from '../call.ts';
import type { Call } from '../call.ts';
import { podOf } from '../resources/pods.ts';
import { boolOption } from '../wire/options.ts';
import { chooseContainer } from './log/log.ts';

export interface Connection {
  pod: Pod;
  /** '' for port-forward. */
  container: string;
}

/** What must hold before a session opens; the same answers with and without an upgrade. */
export async function checkConnection(call: Pick<Call, 'ports' | 'resource' | 'namespace' | 'name' | 'subresource' | 'query'>): Promise<Connection> {
  const object = await call.ports.store.get(keyOf(call));
  if (object === undefined) throw notFound('pods', call.name);
  const pod = podOf(object);
  const container = call.subresource === 'portforward' ? '' : chooseContainer(pod, call.query.get('container') ?? '');
  if (!pod.spec.nodeName) throw badRequest(`pod ${call.name} does not have a host assigned`);
  const streams = ['stdin', 'stdout', 'stderr'].some((name) => boolOption(call.query, name));
  if (call.subresource !== 'portforward' && !streams) throw badRequest('you must specify at least 1 of stdin, stdout, stderr');
  return { pod, container };
}

/** A plain request, or any request where the front carries no upgrades. */
export async function connect(call: Call): Promise<Response> {
  const { pod, container } = await checkConnection(call);
  if (call.ports.settings.mode === 'local') throw badRequest('Upgrade request required');
  const record = await call.ports.store.getRecord(recordKey(pod.metadata.uid ?? ''));
  const task = record === undefined ? undefined : toRecord(record.value).taskArn;
  const command = call.query.getAll('command').join(' ') || '/bin/sh';
  throw badRequest(`${call.subresource} needs a connection that AWS's serverless fronts do not offer; use: aws ecs execute-command --cluster droppod --task ${task ?? '<task>'} --container ${container || '<container>'} --interactive --command ${JSON.stringify(command)}`);
}
