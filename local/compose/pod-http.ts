// Requests to a pod's own address. The pod's certificate is not verified, as in kube-apiserver's proxy.
import { request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';

/** Statuses whose responses have no body. */
const EMPTY = [101, 204, 205, 304];

/** Sends the request and returns the pod's response; redirects are not followed. */
export const podHttp = (request: Request): Promise<Response> =>
  request.url.startsWith('https:') ? overTls(request) : fetch(request, { redirect: 'manual' });

function overTls(request: Request): Promise<Response> {
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest(
      request.url,
      {
        method: request.method,
        headers: Object.fromEntries(request.headers),
        rejectUnauthorized: false,
        signal: request.signal,
      },
      (incoming) => resolve(answerOf(incoming)),
    );
    outgoing.once('error', reject);
    if (request.body === null) outgoing.end();
    else
      Readable.fromWeb(request.body as ReadableStream)
        .once('error', (error) => outgoing.destroy(error))
        .pipe(outgoing);
  });
}

function answerOf(incoming: IncomingMessage): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers))
    for (const one of [value ?? []].flat()) headers.append(name, one);
  const status = incoming.statusCode ?? 502;
  const body = EMPTY.includes(status) ? null : (Readable.toWeb(incoming) as BodyInit);
  return new Response(body, { status, headers });
}
