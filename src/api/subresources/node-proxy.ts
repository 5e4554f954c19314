// `nodes/NAME[:10250]/proxy/PATH`: a kubelet's responses about its node. Virtual nodes have no kubelet; the store has their pods.
import { ApiError, notFound } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import type { Call } from '../call.ts';
import { text } from '../resources/plain.ts';

const KUBELET_PORT = '10250';

/** Serves the node's pods and its health, and nothing else of a kubelet. */
export async function nodeProxy(call: Call): Promise<Response> {
  const { name, port } = targetOf(call.name);
  if ((await call.ports.store.get({ resource: 'nodes', namespace: '', name })) === undefined)
    throw notFound('nodes', name);
  if (port !== KUBELET_PORT) throw notServed(`port ${port} of a node`);
  switch (call.path?.replace(/\/$/, '')) {
    case 'healthz':
      return new Response('ok', { headers: { 'content-type': 'text/plain; charset=utf-8' } });
    case 'pods':
      return Response.json({
        kind: 'PodList',
        apiVersion: 'v1',
        metadata: {},
        items: await podsOn(call, name),
      });
    default:
      return Promise.reject(notServed(`/${call.path ?? ''} of a node`));
  }
}

/** `[scheme:]name[:port]`, as for any proxied object. */
function targetOf(id: string): { name: string; port: string } {
  const parts = id.split(':');
  const [name = '', port = ''] = parts.length > 2 ? parts.slice(1) : parts;
  return { name, port: port || KUBELET_PORT };
}

const notServed = (what: string): ApiError =>
  new ApiError(
    'NotFound',
    `${what} is not served: droppod's nodes have no kubelet, only its pods and healthz are answered`,
  );

/** A deleted pod stays in the store, and so in this list, until its containers are gone. */
async function podsOn({ ports }: Call, name: string): Promise<Partial<KubeObject>[]> {
  const { objects } = await ports.store.listObjects({ resource: 'pods' });
  return objects
    .filter((pod) => text(pod, 'spec', 'nodeName') === name)
    .map(({ apiVersion: _version, kind: _kind, ...pod }) => pod);
}
