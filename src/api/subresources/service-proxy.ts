// `services/[scheme:]NAME[:port]/proxy/PATH`: forwards the request to a ready pod behind the Service.
import { ApiError, notFound } from '../../errors.ts';
import type { Service } from '../../kinds/pod.ts';
import { toPod } from '../../pod/model/to-pod.ts';
import type { Endpoints, EndpointAddress } from '../../workloads/endpoints/validate-endpoints.ts';
import type { Call } from '../call.ts';
import { forward, targetOf } from './proxy.ts';

const unavailable = (message: string): ApiError => new ApiError('ServiceUnavailable', message);

/** Forwards the request; 503 where no pod of the Service is ready at that port. */
export async function serviceProxy(call: Call): Promise<Response> {
  const { scheme, name, port } = targetOf(call.name, 'service');
  const { store } = call.ports;
  const { namespace } = call;
  const portName = /^\d+$/.test(port) ? await nameOfPort(call, name, Number(port)) : port;
  const found = await store.get({ resource: 'endpoints', namespace, name });
  if (found === undefined) throw notFound('endpoints', name);
  const subsets = (found as Endpoints).subsets ?? [];
  if (subsets.length === 0)
    throw unavailable(`no endpoints available for service ${JSON.stringify(name)}`);
  const open = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports
      .filter((entry) => (entry.name ?? '') === portName)
      .flatMap((entry) => addresses.map((address) => ({ address, port: entry.port }))),
  );
  // Spreads requests over the pods: each starts at another one.
  const first =
    open.length === 0 ? 0 : parseInt(call.ports.ids.uuid().slice(0, 8), 16) % open.length;
  for (const { address, port: number } of [...open.slice(first), ...open.slice(0, first)])
    if (await isPods(call, address)) return forward(call, scheme, address.ip, number);
  throw unavailable(`no endpoints available for service ${JSON.stringify(call.name)}`);
}

/** The name of the Service port with this number. */
async function nameOfPort(call: Call, name: string, number: number): Promise<string> {
  const { namespace } = call;
  const service = await call.ports.store.get({ resource: 'services', namespace, name });
  if (service === undefined) throw notFound('services', name);
  const port = (service as Service).spec?.ports?.find((entry) => entry.port === number);
  if (port === undefined)
    throw unavailable(`no service port ${number} found for service ${JSON.stringify(name)}`);
  return port.name ?? '';
}

/** Whether the address belongs to the pod that it names: anybody may write Endpoints, and the server reaches more than pods do. */
async function isPods(call: Call, { ip, targetRef }: EndpointAddress): Promise<boolean> {
  const { namespace } = call;
  if (targetRef?.namespace !== namespace || !targetRef.name) return false;
  const pod = await call.ports.store.get({ resource: 'pods', namespace, name: targetRef.name });
  return pod !== undefined && (toPod(pod).status.podIPs ?? []).some((entry) => entry.ip === ip);
}
