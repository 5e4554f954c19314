// `GET …/pods/<name>/log`: what a container wrote in its present or previous run.
import { badRequest, notFound } from '../../../errors.ts';
import type { Pod } from '../../../kinds/pod.ts';
import { recordKey, toRecord } from '../../../steps/pod/record-for.ts';
import { own } from '../../../own.ts';
import { allContainers } from '../../../pod/model/containers.ts';
import type { ObservedContainer } from '../../../pod/run/observed.ts';
import type { PodRecord } from '../../../record/record.ts';
import { keyOf } from '../../call.ts';
import type { ApiPorts, Call } from '../../call.ts';

import { toPod } from '../../../pod/model/to-pod.ts';
import { AWS_STREAM_SECONDS, streamOf } from '../../wire/stream.ts';
import { chooseRun } from './choose-run.ts';
import { logOptions } from './options.ts';
import type { LogOptions } from './options.ts';
import { Position } from '../../../logs/log-position.ts';
import { followLines, lastLines, presentLines, runsOf } from '../../../logs/read-run.ts';
import type { RunSource } from '../../../logs/read-run.ts';
import { nanoseconds } from '../../../logs/split-runs.ts';
import type { RunLine } from '../../../logs/split-runs.ts';

const LOOK_AGAIN_MS = 1000;
const LAST_LINES_MS = 400;

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
  const { ports, request } = call;
  const object = await ports.store.get(keyOf(call));
  const options = logOptions(call.query, call.name, call.now);
  if (object === undefined) throw notFound('pods', call.name);
  const pod = toPod(object);
  const container = chooseContainer(pod, options.container);
  if (!pod.spec.nodeName) return new Response(null, { status: 204 });
  const record = await recordOf(ports, pod.metadata.uid ?? '');
  await written(ports, own(record?.observed.containers, container), request.signal);
  const run = chooseRun(
    pod,
    container,
    own(record?.observed.containers, container),
    options.previous,
  );
  const abort = new AbortController();
  const signal = AbortSignal.any([call.request.signal, abort.signal]);
  const source: RunSource = {
    logs: ports.logs,
    tasks: tasksOf(record),
    container,
    run,
    nonce: record?.logNonce ?? '',
    began: runsOf(own(record?.observed.containers, container)),
  };
  const text = limited(
    textOf(ports, source, options, pod.metadata.uid ?? '', signal),
    options.limitBytes,
  );
  const over =
    options.follow && ports.settings.mode === 'aws'
      ? ports.clock.sleep(AWS_STREAM_SECONDS * 1000, signal)
      : undefined;
  return new Response(
    streamOf(text, () => abort.abort(), over),
    { headers: { 'content-type': 'text/plain' } },
  );
}

/** The last lines of a run that has just ended may still be on their way to the log. */
async function written(
  { clock }: Pick<ApiPorts, 'clock'>,
  container: ObservedContainer | undefined,
  signal: AbortSignal,
): Promise<void> {
  const finishedAt = Date.parse(container?.current?.finishedAt ?? '');
  const wait = finishedAt + LAST_LINES_MS - clock.now().getTime();
  if (wait > 0) await clock.sleep(Math.min(wait, LAST_LINES_MS), signal);
}

/** The pod's record; undefined where there is none (any more). */
export async function recordOf(
  { store }: Pick<ApiPorts, 'store'>,
  uid: string,
): Promise<PodRecord | undefined> {
  const stored = await store.getRecord(recordKey(uid));
  return stored === undefined ? undefined : toRecord(stored.value);
}

/** Every task that the pod has had, with the present one last. */
export const tasksOf = (record: PodRecord | undefined): RunSource['tasks'] => [
  ...(record?.tasks ?? []).map(({ taskArn }) => taskArn),
  ...(record?.task.arn ? [record.task.arn] : []),
];

async function* textOf(
  ports: ApiPorts,
  source: RunSource,
  options: LogOptions,
  uid: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let position = new Position();
  if (options.tailLines === undefined) {
    for await (const line of presentLines(source)) {
      position.note(line);
      yield* shown(line, options);
    }
  } else if (options.tailLines > 0 || options.follow) {
    const end = await lastLines(source, options.tailLines);
    position = end.position;
    for (const line of end.lines) yield* shown(line, options);
  }
  if (!options.follow) return;
  const over = runOver(ports, uid, source, signal);
  for await (const line of followLines(source, position, over, signal)) yield* shown(line, options);
}

function* shown(line: RunLine, { since, timestamps }: LogOptions): Generator<Uint8Array> {
  if (since !== undefined && new Date(line.time) < since) return;
  if (timestamps) yield Buffer.from(`${nanoseconds(line.time)} `);
  yield withoutReturn(line.bytes);
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

/** Resolves once the run has ended or the pod is gone. */
export async function runOver(
  ports: ApiPorts,
  uid: string,
  { container, run }: RunSource,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const record = await recordOf(ports, uid);
    const current = own(record?.observed.containers, container)?.current;
    if (
      record === undefined ||
      record.task.end?.is === 'stopped' ||
      current === undefined ||
      current.run > run ||
      current.finishedAt !== undefined ||
      current.exitCode !== undefined
    )
      return;
    await ports.wakeups.wait(uid, LOOK_AGAIN_MS, signal);
  }
}
