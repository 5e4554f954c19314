// `pods/[scheme:]NAME[:port]/proxy/PATH`: forwards the request to the pod's own address. Only a front that reaches pods serves it.
// service-proxy.ts does the same with a pod behind a Service.
import { ApiError, badRequest, notFound } from '../../errors.ts';
import type { Pod } from '../../kinds/pod.ts';
import { keyOf } from '../call.ts';
import type { Call } from '../call.ts';

import { toPod } from '../../pod/model/to-pod.ts';
import { isProxyable } from './proxyable.ts';

export interface Target {
  scheme: 'http' | 'https';
  name: string;
  /** '' where none was named. */
  port: string;
}

/** Headers of one hop, or about the caller's identity here: they are not forwarded to the pod. */
const NOT_FORWARDED = [
  'authorization',
  'connection',
  'host',
  'keep-alive',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
];

/** What `[scheme:]NAME[:port]` names. */
export function targetOf(id: string, what: 'pod' | 'service'): Target {
  const parts = id.split(':');
  const [scheme, name = '', port = ''] =
    parts.length === 3 ? parts : parts.length === 2 ? ['', ...parts] : ['', id];
  if (parts.length > 3 || (scheme !== '' && scheme !== 'http' && scheme !== 'https'))
    throw badRequest(`invalid ${what} request ${JSON.stringify(id)}`);
  return {
    scheme: scheme === 'https' ? 'https' : 'http',
    name,
    port,
  };
}

/** A header as it is forwarded, if at all: never with the caller's token or impersonation (kube-apiserver removes both). */
function forwarded([name, value]: [string, string]): [string, string][] {
  if (NOT_FORWARDED.includes(name) || name.startsWith('impersonate-')) return [];
  if (name !== 'sec-websocket-protocol') return [[name, value]];
  const rest = value
    .split(',')
    .map((protocol) => protocol.trim())
    .filter((protocol) => !protocol.startsWith('base64url.bearer.authorization.k8s.io.'));
  return rest.length > 0 ? [[name, rest.join(', ')]] : [];
}

/** The path after `/api/v1/namespaces/NAMESPACE/pods/NAME/proxy/`, exactly as sent: a decoded "?" would begin a query. */
const pathBelow = ({ pathname }: URL): string => pathname.split('/').slice(8).join('/');

const firstPort = (pod: Pod): number =>
  pod.spec.containers.flatMap(({ ports }) => ports ?? []).at(0)?.containerPort ?? 80;

/** Forwards the request to the pod and returns its answer; 503 where the pod does not answer. */
export async function proxy(call: Call): Promise<Response> {
  const { scheme, name, port } = targetOf(call.name, 'pod');
  const object = await call.ports.store.get(keyOf({ ...call, name }));
  if (object === undefined) throw notFound('pods', name);
  const pod = toPod(object);
  return forward(call, scheme, pod.status.podIP ?? '', port === '' ? firstPort(pod) : Number(port));
}

/** The path of the proxy itself, which is the pod's root for the caller. */
const rootOf = ({ pathname }: URL): string => pathname.split('/').slice(0, 8).join('/');

const TAG = /<[a-z][^>]*>/gi;
const LINK =
  /(\s(?:action|background|cite|codebase|data|formaction|href|icon|longdesc|manifest|poster|profile|src|usemap)\s*=\s*["']?)(\/(?!\/))/gi;

/** A page whose links to the pod's paths are rewritten to lead through the proxy (as in apimachinery's proxy transport). */
async function throughProxy(answer: Response, root: string): Promise<BodyInit | null> {
  const { headers, body } = answer;
  if (body === null || !headers.get('content-type')?.startsWith('text/html')) return body;
  const page = await answer.text();
  return page.replace(TAG, (tag) => tag.replace(LINK, (_whole, name: string) => `${name}${root}/`));
}

/** Sends the request to an address of a pod; only the caller follows redirects, as they may lead anywhere. */
export async function forward(
  call: Call,
  scheme: Target['scheme'],
  address: string,
  port: number,
): Promise<Response> {
  const { podHttp } = call.ports;
  if (podHttp === undefined)
    throw badRequest(
      "a pod's address cannot be reached from AWS's serverless fronts: use kubectl logs, or a client inside the network",
    );
  if (!address || !isProxyable(address)) throw badRequest('address not allowed');
  const authority = `${address.includes(':') ? `[${address}]` : address}:${port}`;
  const url = new URL(call.request.url);
  const target = `${scheme}://${authority}/${pathBelow(url)}${url.search}`;
  const headers = new Headers([...call.request.headers].flatMap(forwarded));
  const { method, body, signal } = call.request;
  const root = rootOf(url);
  // Relative links of a page need a trailing slash.
  if (url.pathname === root && (method === 'GET' || method === 'HEAD'))
    return new Response(null, { status: 301, headers: { location: `${root}/${url.search}` } });
  try {
    const answer = await podHttp(
      new Request(target, {
        method,
        headers,
        signal,
        redirect: 'manual',
        ...(body ? { body, duplex: 'half' } : {}),
      }),
    );
    return new Response(await throughProxy(answer, root), {
      status: answer.status,
      headers: [...answer.headers].filter(
        ([header]) => !NOT_FORWARDED.includes(header) && header !== 'content-encoding',
      ),
    });
  } catch (error) {
    // fetch wraps what the network says into a TypeError of its own, which would look like a fault of ours.
    const cause = error instanceof TypeError ? (error.cause ?? error) : error;
    throw new ApiError(
      'ServiceUnavailable',
      `error trying to reach service: ${reasonOf(cause, authority)}`,
      { cause },
    );
  }
}

function reasonOf(cause: unknown, address: string): string {
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause && cause.code === 'ECONNREFUSED'
    ? `dial tcp ${address}: connect: connection refused`
    : cause.message;
}
