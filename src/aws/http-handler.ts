// What answers web Requests as the handler of a function URL: streaming where the runtime offers it, in one piece where not.
import { faultMembers } from '../ports/log.ts';
import { environmentLog } from './environment-log.ts';
import { buffered, respond, toRequest, type BufferedAnswer, type Head } from './function-url.ts';

type Handle = (request: Request) => Promise<Response>;

/** Time kept to end an answer properly before Lambda cuts it. */
const LAST_WORDS_MS = 5_000;
/** How long an answer in one piece gathers: nobody sees an event of a watch before its end. */
const GATHER_MS = 5_000;

/** Once for all requests of an environment; a `handle` that throws is a 500 without details, which go to the log. */
export function httpHandler(handle: Handle): unknown {
  const runtime = (globalThis as { awslambda?: Partial<AwsLambda> }).awslambda;
  // The SDK itself leaves an empty `awslambda`; emulators have their own runtimes, which only take a returned answer.
  return streams(runtime) ? streaming(handle, runtime) : inOnePiece(handle);
}

const streaming = (handle: Handle, runtime: AwsLambda): unknown =>
  runtime.streamifyResponse(async (event, stream, context) => {
    // As for any async handler: what is left over (a socket kept open) must not hold the environment until its time is over.
    context.callbackWaitsForEmptyEventLoop = false;
    await within(context, async (end) => {
      stream.on('close', () => end.abort());
      const { response, method } = await answer(handle, event, end.signal);
      const open = (head: Head): NodeJS.WritableStream =>
        runtime.HttpResponseStream.from(stream, head);
      await respond(response, method, open, end.signal);
    });
  });

const inOnePiece =
  (handle: Handle) =>
  (event: unknown, context: Context): Promise<BufferedAnswer> =>
    within(context, async (end) => {
      const { response, method } = await answer(handle, event, end.signal);
      const enough = setTimeout(() => end.abort(), GATHER_MS);
      return buffered(response, method).finally(() => clearTimeout(enough));
    });

async function answer(
  handle: Handle,
  event: unknown,
  signal: AbortSignal,
): Promise<{ response: Response; method: string }> {
  const request = toRequest(event, signal);
  if (request instanceof Response) return { response: request, method: '' };
  try {
    return { response: await handle(request), method: request.method };
  } catch (error) {
    environmentLog('error', 'request failed', faultMembers(error));
    return { response: new Response(null, { status: 500 }), method: request.method };
  }
}

/** Runs `work`, whose controller aborts shortly before the invocation's time is over. */
async function within<Result>(
  context: Context,
  work: (end: AbortController) => Promise<Result>,
): Promise<Result> {
  const end = new AbortController();
  const timer = setTimeout(
    () => end.abort(),
    Math.max(0, context.getRemainingTimeInMillis() - LAST_WORDS_MS),
  );
  return work(end).finally(() => clearTimeout(timer));
}

const streams = (runtime: Partial<AwsLambda> | undefined): runtime is AwsLambda =>
  runtime?.streamifyResponse !== undefined && runtime.HttpResponseStream !== undefined;

interface Context {
  getRemainingTimeInMillis(): number;
  callbackWaitsForEmptyEventLoop?: boolean;
}

/** What the managed Node runtime offers as `awslambda`. */
interface AwsLambda {
  streamifyResponse(
    handler: (event: unknown, stream: NodeJS.WritableStream, context: Context) => Promise<void>,
  ): unknown;
  HttpResponseStream: {
    from(stream: NodeJS.WritableStream, head: Head): NodeJS.WritableStream;
  };
}
