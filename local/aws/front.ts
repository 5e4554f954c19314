// One port for every AWS service: JSON services by their target, Lambda by its path. A caller without the installation's key is refused.
import { present } from '../../src/present.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { AwsError, type AwsJsonEndpoint } from './protocol.ts';
import { checkSignature, readAuthorization, type AccessKey } from './signature.ts';

/** Asks the endpoints in turn; the first that knows the target answers. */
export function anyEndpoint(endpoints: readonly AwsJsonEndpoint[]): AwsJsonEndpoint {
  return async (request) => {
    for (const endpoint of endpoints) {
      const answer = await endpoint(request);
      if (answer) return answer;
    }
    return undefined;
  };
}

export interface AwsFront {
  endpoint: AwsJsonEndpoint;
  /** Answers requests without a target. */
  rest: (request: Request) => Promise<Response | undefined>;
  key: AccessKey;
  clock: Pick<Clock, 'now'>;
}

/** Content types that a page of another site may post without a preflight (Fetch's "simple" requests). */
const SIMPLE = /^\s*(text\/plain|multipart\/form-data|application\/x-www-form-urlencoded)\b/i;

/** The port's handler. No body is read before the caller's key is known. */
export function awsFront({
  endpoint,
  rest,
  key,
  clock,
}: AwsFront): (request: Request) => Promise<Response> {
  return async (request) => {
    const { headers, method } = request;
    const target = headers.get('x-amz-target');
    if (!isOwnHost(headers.get('host') ?? ''))
      return Response.json({ message: 'this port answers to localhost only' }, { status: 421 });
    let body: ArrayBuffer;
    try {
      if (SIMPLE.test(headers.get('content-type') ?? ''))
        throw new AwsError('UnknownOperationException', 'the body must be JSON');
      const authorization = readAuthorization(headers, key, clock.now());
      body = await request.arrayBuffer();
      await checkSignature(key, authorization, request, new Uint8Array(body));
    } catch (error) {
      if (error instanceof AwsError) return refused(error, target !== null);
      throw error;
    }
    if (target === null) {
      const answer = await rest(
        new Request(request.url, {
          method,
          headers,
          signal: request.signal,
          ...present({ body: body.byteLength > 0 ? body : undefined }),
        }),
      );
      return (
        answer ??
        Response.json({ message: 'no AWS service is served at this path' }, { status: 404 })
      );
    }
    const answer = await endpoint({ target, body: Buffer.from(body) });
    if (!answer)
      return Response.json(
        {
          __type: 'UnknownOperationException',
          message: `${target} is not served by this endpoint`,
        },
        { status: 400 },
      );
    return new Response(answer.body, { status: answer.status, headers: answer.headers });
  };
}

// A page elsewhere can resolve a name of its own to this machine (DNS rebinding); it cannot choose the browser's Host header.
function isOwnHost(host: string): boolean {
  const name = host.replace(/:\d*$/, '').toLowerCase();
  return (
    name === '127.0.0.1' || name === '[::1]' || name === 'localhost' || name.endsWith('.localhost')
  );
}

/** The JSON protocols answer 400 where REST services answer 403. */
function refused({ type, message }: AwsError, json: boolean): Response {
  const headers = { 'x-amzn-errortype': type };
  return json
    ? Response.json({ __type: type, message }, { status: 400, headers })
    : Response.json({ message, Message: message }, { status: 403, headers });
}
