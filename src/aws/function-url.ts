// A function URL's event (payload 2.0) as a web Request, and a web Response as the runtime's stream.
import { present } from '../present.ts';

interface UrlEvent {
  rawPath: string;
  rawQueryString: string;
  headers: Record<string, string>;
  body?: string;
  isBase64Encoded?: boolean;
  requestContext: { domainName: string; http: { method: string } };
}

/** `event` comes from Lambda alone, so its shape is trusted. */
export function toRequest(event: unknown, signal: AbortSignal): Request {
  const { rawPath, rawQueryString, headers, body, isBase64Encoded, requestContext } =
    event as UrlEvent;
  const url = `https://${requestContext.domainName}${keptDots(rawPath)}${rawQueryString === '' ? '' : `?${rawQueryString}`}`;
  const { method } = requestContext.http;
  const bytes =
    body === undefined || method === 'GET' || method === 'HEAD'
      ? undefined
      : isBase64Encoded
        ? Buffer.from(body, 'base64')
        : body;
  return new Request(url, {
    method,
    headers,
    signal,
    ...present({ body: bytes }),
  });
}

/** A URL would take "." and ".." away, and what is left may name something else: they become names that nothing has. */
const keptDots = (path: string): string =>
  path.replaceAll(/(?<=[/\\])(?:\.|%2e){1,2}(?=[/\\]|$)/gi, (dots) =>
    dots.replaceAll(/\.|%2e/gi, '%252e'),
  );

/** Writes head and body; ends when the body ends or the signal aborts. */
export async function respond(
  response: Response,
  open: (head: { statusCode: number; headers: Record<string, string> }) => NodeJS.WritableStream,
  signal: AbortSignal,
): Promise<void> {
  const stream = open({
    statusCode: response.status,
    headers: Object.fromEntries(response.headers),
  });
  const reader = response.body?.getReader();
  const cancel = (): void => {
    // The client is gone: nobody takes what is left.
    reader?.cancel().catch(() => undefined);
  };
  signal.addEventListener('abort', cancel);
  for (
    let part = await reader?.read();
    part && !part.done && !signal.aborted;
    part = await reader?.read()
  ) {
    if (!stream.write(part.value)) await drained(stream, signal);
  }
  signal.removeEventListener('abort', cancel);
  stream.end();
}

function drained(stream: NodeJS.WritableStream, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    stream.once('drain', () => resolve());
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
