// The door of a step: `export const handler = lambda(step)`. Ports are built at the first call and kept by the environment.
import type { Ports } from '../ports/ports.ts';
import { systemClock } from './clock.ts';
import { logged } from './step-log.ts';

let ports: Promise<Ports> | undefined;

/** Builds the ports once; imported late, so that tests which import a function load no SDK. */
function environmentPorts(): Promise<Ports> {
  // A failed start (a throttled first read) must not poison the environment.
  ports ??= import('./create-ports.ts')
    .then(({ createPorts }) => createPorts(process.env))
    .catch((error: unknown) => {
      ports = undefined;
      throw error;
    });
  return ports;
}

/** A step as an AWS handler: input and output are the JSON of the invocation, faults are thrown with their names; one line of log for each. */
export function lambda<Input, Output>(
  step: (ports: Ports, input: Input) => Promise<Output>,
): (input: Input) => Promise<Output> {
  const run = logged(step, {
    step: process.env['AWS_LAMBDA_FUNCTION_NAME'] ?? step.name,
    now: systemClock.now,
    write: (line) => console.log(line),
  });
  return async (input) => run(await environmentPorts(), input);
}

/** The handler of a function URL that streams: `handle` gets a web Request, its signal aborts when the client or the time is gone. */
export function lambdaHttp(handle: (ports: Ports, request: Request) => Promise<Response>): unknown {
  const runtime = (globalThis as { awslambda?: Partial<AwsLambda> }).awslambda;
  // Outside Lambda (tests, local mode) only the step beside the handler is used; the SDK itself leaves an empty `awslambda` there.
  if (!isLambda(runtime)) return undefined;
  return runtime.streamifyResponse(async (event, stream, context) => {
    const { toRequest, respond } = await import('./function-url.ts');
    const end = new AbortController();
    stream.on('close', () => end.abort());
    const timer = setTimeout(
      () => end.abort(),
      Math.max(0, context.getRemainingTimeInMillis() - LAST_WORDS_MS),
    );
    const response = await handle(await environmentPorts(), toRequest(event, end.signal));
    await respond(response, (head) => runtime.HttpResponseStream.from(stream, head), end.signal);
    clearTimeout(timer);
  });
}

const isLambda = (runtime: Partial<AwsLambda> | undefined): runtime is AwsLambda =>
  runtime?.streamifyResponse !== undefined;

/** Time kept to end a stream properly before Lambda cuts it. */
const LAST_WORDS_MS = 5_000;

/** What the managed Node runtime offers as `awslambda`. */
interface AwsLambda {
  streamifyResponse(
    handler: (
      event: unknown,
      stream: NodeJS.WritableStream,
      context: { getRemainingTimeInMillis(): number },
    ) => Promise<void>,
  ): unknown;
  HttpResponseStream: {
    from(
      stream: NodeJS.WritableStream,
      head: { statusCode: number; headers: Record<string, string> },
    ): NodeJS.WritableStream;
  };
}
