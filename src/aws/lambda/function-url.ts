// Converts a function URL's event (payload 2.0) to a web Request, and a web Response to the runtime's stream or to one buffered response.
import { isUtf8 } from 'node:buffer';
import { once } from 'node:events';
import { present } from '../../present.ts';

interface UrlEvent {
  rawPath: string;
  rawQueryString: string;
  headers: Record<string, string>;
  body?: string;
  isBase64Encoded?: boolean;
  requestContext: { domainName: string; http: { method: string } };
}

export interface Head {
  statusCode: number;
  headers: Record<string, string>;
}

/** A response in one piece (payload format 2.0). */
export interface BufferedAnswer extends Head {
  body: string;
  isBase64Encoded: boolean;
}

/**
 * `event` comes only from Lambda, so its shape is trusted, but not the client's values in it: what no Request can represent is
 * refused.
 */
export function toRequest(event: unknown, signal: AbortSignal): Request | Response {
  const { rawPath, rawQueryString, headers, body, isBase64Encoded, requestContext } =
    event as UrlEvent;
  const url = `https://${requestContext.domainName}${keptDots(rawPath)}${rawQueryString === '' ? '' : `?${rawQueryString}`}`;
  const { method } = requestContext.http;
  if (NO_METHOD_OF_FETCH.includes(method.toUpperCase()))
    return refusal(
      405,
      'MethodNotAllowed',
      'the server does not allow this method on the requested resource',
    );
  const bytes =
    body === undefined || method === 'GET' || method === 'HEAD'
      ? undefined
      : isBase64Encoded
        ? Buffer.from(body, 'base64')
        : body;
  try {
    return new Request(url, { method, headers, signal, ...present({ body: bytes }) });
  } catch {
    return refusal(400, 'BadRequest', 'malformed request');
  }
}

/** Methods that WHATWG's Request rejects (Fetch, forbidden method). */
const NO_METHOD_OF_FETCH = ['TRACE', 'CONNECT', 'TRACK'];

const refusal = (code: number, reason: string, message: string): Response =>
  Response.json(
    { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code },
    { status: code },
  );

/** A URL would resolve "." and "..", and the rest might name something else: they are replaced by names that nothing has. */
const keptDots = (path: string): string =>
  path.replaceAll(/(?<=[/\\])(?:\.|%2e){1,2}(?=[/\\]|$)/gi, (dots) =>
    dots.replaceAll(/\.|%2e/gi, '%252e'),
  );

/** Writes head and body; returns when the body ends or the signal aborts. */
export async function respond(
  response: Response,
  method: string,
  open: (head: Head) => NodeJS.WritableStream,
  signal: AbortSignal,
): Promise<void> {
  const stream = open(headOf(response));
  // The runtime sends the head only with the first write: without one the caller would get an empty 200,
  // and the status of a watch would arrive with its first event.
  stream.write('');
  const reader = bodyOf(response, method)?.getReader();
  const cancel = (): void => {
    // The client is gone, so the rest is discarded.
    reader?.cancel().catch(() => undefined);
  };
  signal.addEventListener('abort', cancel);
  for (
    let part = await reader?.read();
    part && !part.done && !signal.aborted;
    part = await reader?.read()
  ) {
    // A broken stream closes, which aborts the signal.
    if (!stream.write(part.value)) await once(stream, 'drain', { signal }).catch(() => undefined);
  }
  signal.removeEventListener('abort', cancel);
  stream.end();
}

/** The whole response at once; text as it is, anything else as base64. */
export async function buffered(response: Response, method: string): Promise<BufferedAnswer> {
  const body = bodyOf(response, method);
  const bytes = Buffer.from(await new Response(body).arrayBuffer());
  const isBase64Encoded = !isUtf8(bytes);
  return {
    ...headOf(response),
    body: bytes.toString(isBase64Encoded ? 'base64' : 'utf8'),
    isBase64Encoded,
  };
}

const headOf = ({ status, headers }: Response): Head => ({
  statusCode: status,
  headers: Object.fromEntries(headers),
});

/** The body to send: a response to HEAD has none (RFC 9110, 9.3.2). */
function bodyOf({ body }: Response, method: string): ReadableStream<Uint8Array> | null {
  if (method !== 'HEAD') return body;
  body?.cancel().catch(() => {
    // Nobody reads it, so its errors do not matter.
  });
  return null;
}
