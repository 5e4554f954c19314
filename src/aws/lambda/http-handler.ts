// Runs a handler of web Requests behind a function URL: streaming where the runtime supports it, otherwise in one piece.
import { faultMembers } from '../../ports/log.ts';
import { systemClock } from '../../system-clock.ts';
import { environmentLog } from './environment-log.ts';
import { buffered, respond, toRequest, type BufferedAnswer, type Head } from './function-url.ts';
import { keptAlive } from './keep-alive.ts';

type Handle = (request: Request) => Promise<Response>;

/** Time reserved to end a response properly before Lambda's time-out. */
const LAST_WORDS_MS = 5_000;
/** How long a response in one piece is collected: nothing of it is visible before it ends. */
const GATHER_MS = 6_000;
/** A watch ends sooner, by itself. */
const WATCH_SECONDS = 5;
/** Kubernetes' older form of it. */
const WATCH_PATH = /^\/api(s\/[^/]+)?\/[^/]+\/watch\//;

/** Called once per environment; if `handle` throws, the response is a 500 without details, which are logged. */
export function httpHandler(handle: Handle): unknown {
  const runtime = (globalThis as { awslambda?: Partial<AwsLambda> }).awslambda;
  // The SDK itself leaves an empty `awslambda`; emulators have their own runtimes, which only accept a returned response.
  return streams(runtime) ? streaming(handle, runtime) : inOnePiece(handle);
}

const streaming = (handle: Handle, runtime: AwsLambda): unknown =>
  runtime.streamifyResponse(async (event, stream, context) => {
    // As for any async handler: leftovers such as an open socket must not keep the environment until its time-out.
    context.callbackWaitsForEmptyEventLoop = false;
    await within(context, async (end) => {
      stream.on('close', () => end.abort());
      const kept = async (request: Request): Promise<Response> =>
        keptAlive(await handle(request), request, systemClock);
      const { response, method } = await answer(kept, event, end.signal);
      const open = (head: Head): NodeJS.WritableStream =>
        runtime.HttpResponseStream.from(stream, head);
      await respond(response, method, open, end.signal);
    });
  });

const inOnePiece =
  (handle: Handle) =>
  (event: unknown, context: Context): Promise<BufferedAnswer> =>
    within(context, async (end) => {
      const { response, method } = await answer(
        (request) => handle(ending(request)),
        event,
        end.signal,
      );
      const enough = setTimeout(() => end.abort(), GATHER_MS);
      return buffered(response, method).finally(() => clearTimeout(enough));
    });

/** The request, of which a watch ends in order: with a last bookmark, since a client is warned of one that came to nothing. */
function ending(request: Request): Request {
  const url = new URL(request.url);
  if (!url.searchParams.has('watch') && !WATCH_PATH.test(url.pathname)) return request;
  const given = url.searchParams.get('timeoutSeconds') ?? '0';
  // Shorter, or no number, which the handler refuses.
  if (given !== '0' && !(Number(given) > WATCH_SECONDS)) return request;
  url.searchParams.set('timeoutSeconds', String(WATCH_SECONDS));
  return new Request(url, request);
}

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

/** Runs `work`; the controller aborts shortly before the invocation's time-out. */
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

/** The managed Node runtime's `awslambda`. */
interface AwsLambda {
  streamifyResponse(
    handler: (event: unknown, stream: NodeJS.WritableStream, context: Context) => Promise<void>,
  ): unknown;
  HttpResponseStream: {
    from(stream: NodeJS.WritableStream, head: Head): NodeJS.WritableStream;
  };
}
