// Lambda's Invoke over REST, in process: `POST /2015-03-31/functions/{name}/invocations`.
import { own } from '../../../src/own.ts';
import type { Json } from '../../states/json.ts';

export type LambdaFunction = (payload: Json) => Promise<Json | undefined>;
export type Functions = Readonly<Record<string, LambdaFunction>>;

const PATH = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;
/** Asynchronous invocations take at most this much, synchronous ones six times as much (Lambda quotas). */
const MAX_BYTES = 6 * 1024 * 1024;

const refused = (status: number, type: string, message: string): Response =>
  Response.json(
    { Type: 'User', message, Message: message },
    { status, headers: { 'x-amzn-errortype': type } },
  );

/** The name in the path, or the end of its ARN; '' where there is none that can be read. */
function functionName(pathname: string): string {
  try {
    return (
      decodeURIComponent(PATH.exec(pathname)?.[1] ?? '')
        .split(':')
        .at(-1) ?? ''
    );
  } catch {
    return '';
  }
}

/** Handles an invocation; undefined: the path is not Lambda's. `later` runs asynchronous invocations. */
export async function invokeOverRest(
  functions: Functions,
  request: Request,
  later: (work: Promise<unknown>) => void,
): Promise<Response | undefined> {
  const { pathname } = new URL(request.url);
  if (!pathname.startsWith('/2015-03-31/')) return undefined;
  const name = functionName(pathname);
  if (request.method !== 'POST' || name === '')
    return refused(
      404,
      'UnknownOperationException',
      `${request.method} ${pathname} is not served by this endpoint`,
    );
  const run = own(functions, name);
  if (!run) return refused(404, 'ResourceNotFoundException', `Function not found: ${name}`);
  const text = await request.text();
  if (text.length > MAX_BYTES)
    return refused(
      413,
      'RequestTooLargeException',
      'Request must be smaller than 6291456 bytes for the InvokeFunction operation',
    );
  let payload: Json;
  try {
    payload = text === '' ? {} : (JSON.parse(text) as Json);
  } catch {
    return refused(400, 'InvalidRequestContentException', 'Could not parse request body into json');
  }
  const outcome = run(payload);
  if (request.headers.get('x-amz-invocation-type') === 'Event') {
    later(outcome);
    return new Response(null, { status: 202 });
  }
  return outcome.then(
    (value) => Response.json(value ?? null),
    (error: unknown) =>
      Response.json(
        {
          errorType: error instanceof Error ? error.name : 'Error',
          errorMessage: error instanceof Error ? error.message : String(error),
        },
        { headers: { 'x-amz-function-error': 'Unhandled' } },
      ),
  );
}
