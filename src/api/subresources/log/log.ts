// `GET …/pods/<name>/log`: what a container wrote in its present or previous run.
import { badRequest, notFound } from '../../../errors.ts';
import type { Pod } from '../../../kinds/pod.ts';
import { own } from '../../../own.ts';
import { allContainers } from '../../../pod/model/containers.ts';
import { keyOf } from '../../call.ts';
import type { ApiPorts, Call } from '../../call.ts';
import { toPod } from '../../../pod/model/to-pod.ts';
import { AWS_STREAM_SECONDS, streamOf } from '../../wire/stream.ts';
import { chooseRun } from './choose-run.ts';
import { gathered } from './gather.ts';
import { logOptions } from './options.ts';
import type { LogOptions } from './options.ts';
import { finishedAtOf, recordOf, tasksOf, whenOver } from './run-end.ts';
import { Position } from '../../../logs/log-position.ts';
import { followLines, lastLinesOf } from '../../../logs/follow-run.ts';
import type { Followed } from '../../../logs/follow-run.ts';
import { lastLines, presentLines, runsOf } from '../../../logs/read-run.ts';
import { nanoseconds } from '../../../logs/split-runs.ts';
import type { RunLine } from '../../../logs/split-runs.ts';

interface EndingRun extends Followed {
  /** NaN: it has not, as far as is known. */
  finishedAt: number;
}

/** The names of all containers in kube-apiserver's order: init, regular, ephemeral. */
const containerNames = (pod: Pod): string[] => allContainers(pod).map(({ name }) => name);

/** The container that a request means: the named one, or the only regular one. */
export function chooseContainer(pod: Pod, wanted: string): string {
  const names = containerNames(pod);
  const name = pod.metadata.name ?? '';
  if (wanted === '') {
    const [only, ...others] = pod.spec.containers;
    if (only !== undefined && others.length === 0) return only.name;
    throw badRequest(
      `a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`,
    );
  }
  if (!names.includes(wanted)) throw badRequest(`container ${wanted} is not valid for pod ${name}`);
  return wanted;
}

/** GET of the subresource; returns a stream of text. */
export async function log(call: Call): Promise<Response> {
  const { ports } = call;
  const object = await ports.store.get(keyOf(call));
  const options = logOptions(call.query, call.name, call.now);
  if (object === undefined) throw notFound('pods', call.name);
  const pod = toPod(object);
  const container = chooseContainer(pod, options.container);
  if (!pod.spec.nodeName) return new Response(null, { status: 204 });
  const record = await recordOf(ports, pod.metadata.uid ?? '');
  const observed = own(record?.observed.containers, container);
  const run = chooseRun(pod, container, observed, options.previous);
  const abort = new AbortController();
  const signal = AbortSignal.any([call.request.signal, abort.signal]);
  const source: EndingRun = {
    logs: ports.logs,
    clock: ports.clock,
    tasks: tasksOf(record),
    container,
    run,
    nonce: record?.logNonce ?? '',
    began: runsOf(observed),
    finishedAt: finishedAtOf(observed, run),
  };
  const lines = linesFor(ports, pod.metadata.uid ?? '', source, options, signal);
  const cancel = (): void => abort.abort();
  const text = limited(gathered(textOf(lines, options), cancel), options.limitBytes);
  const over =
    options.follow && ports.settings.mode === 'aws'
      ? ports.clock.sleep(AWS_STREAM_SECONDS * 1000, signal)
      : undefined;
  return new Response(streamOf(text, cancel, over), { headers: { 'content-type': 'text/plain' } });
}

/** What the log holds of the run, and what is still to come where it is followed or has just ended. */
async function* linesFor(
  ports: ApiPorts,
  uid: string,
  source: EndingRun,
  { tailLines, follow }: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<RunLine> {
  if (tailLines === 0 && !follow) return;
  const { finishedAt } = source;
  const isLate = finishedAt + source.logs.lateMs > ports.clock.now().getTime();
  const ending = follow ? whenOver(ports, uid, source) : () => Promise.resolve(finishedAt);
  if (tailLines !== undefined && !follow && isLate)
    return yield* await lastLinesOf(source, tailLines, ending, signal);
  let position = new Position();
  if (tailLines === undefined) yield* presentLines(source, position);
  else {
    const end = await lastLines(source, tailLines);
    position = end.position;
    yield* end.lines;
  }
  if (follow || isLate) yield* followLines(source, position, ending, signal);
}

async function* textOf(
  lines: AsyncGenerator<RunLine>,
  { since, timestamps }: LogOptions,
): AsyncGenerator<Uint8Array> {
  for await (const line of lines) {
    if (since !== undefined && new Date(line.time) < since) continue;
    const bytes = withoutReturn(line.bytes);
    yield timestamps ? Buffer.concat([Buffer.from(`${nanoseconds(line.time)} `), bytes]) : bytes;
  }
}

const [LINE_FEED, CARRIAGE_RETURN] = [10, 13];

/** The CRI's logger drops a carriage return before a line's end; every line of a terminal has one. */
function withoutReturn(bytes: Uint8Array): Uint8Array {
  if (bytes.at(-1) !== LINE_FEED || bytes.at(-2) !== CARRIAGE_RETURN) return bytes;
  return Buffer.concat([bytes.subarray(0, -2), Buffer.of(LINE_FEED)]);
}

async function* limited(
  parts: AsyncGenerator<Uint8Array>,
  limit: number | undefined,
): AsyncGenerator<Uint8Array> {
  let left = limit ?? Infinity;
  for await (const bytes of parts) {
    yield bytes.byteLength > left ? bytes.subarray(0, left) : bytes;
    left -= bytes.byteLength;
    if (left <= 0) return;
  }
}
