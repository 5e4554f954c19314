// watch: the log of changes as a stream of events, seen through the caller's selectors.
import { ApiError, CompactedError } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { apiVersionOf } from '../../kinds/resources.ts';
import type { ResourceVersion } from '../../ports/identity.ts';
import type { LogEntry } from '../../ports/store.ts';
import { present } from '../../present.ts';
import type { Call } from '../call.ts';
import { listOptions } from '../wire/options.ts';
import type { ListOptions } from '../wire/options.ts';
import { partial, typed } from '../wire/forms.ts';
import { toStatus } from '../wire/status.ts';
import { includeOption, toTable } from '../wire/table.ts';
import { AWS_STREAM_SECONDS, streamOf } from '../wire/stream.ts';
import { listObjects, selectionOf } from './list.ts';
import type { Selection } from './list.ts';

/** Clients reconnect with the last version that they saw. */
const LOCAL_SECONDS = 40 * 60;
const BOOKMARK_MS = 60_000;
const LAST_BOOKMARK_MS = 2_000;
/** The stream ends at its timeout; this much later it is closed even if its client reads nothing. */
const PATIENCE_MS = 1_000;

type EventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';

interface Watching {
  call: Call;
  options: ListOptions;
  selection: Selection;
  signal: AbortSignal;
  /** Runs until the stream ends. */
  seconds: number;
  /** A Table stream carries its columns only once. */
  columnsSent: boolean;
}

/** GET of a collection with `watch`; returns a stream. Later failures are events in it. */
export async function watch(call: Call): Promise<Response> {
  const options = listOptions(call.query);
  const selection = selectionOf(call, options);
  const start = options.resourceVersion;
  const first =
    start === undefined || start === '0' || options.sendInitialEvents === true
      ? await listObjects(
          call,
          { ...options, limit: 0, continue: '', match: '', resourceVersion: undefined },
          selection,
        )
      : undefined;
  includeOption(call.query);
  const abort = new AbortController();
  const signal = AbortSignal.any([call.request.signal, abort.signal]);
  const limit = call.ports.settings.mode === 'aws' ? AWS_STREAM_SECONDS : LOCAL_SECONDS;
  const seconds = Math.min(options.timeoutSeconds || limit, limit);
  const watching: Watching = { call, options, selection, signal, seconds, columnsSent: false };
  const events = eventsOf(
    watching,
    first?.items ?? [],
    (first?.resourceVersion ?? start ?? '0') as ResourceVersion,
  );
  const type = call.output.format === 'yaml' ? 'application/yaml' : 'application/json';
  const over = call.ports.clock.sleep(seconds * 1000 + PATIENCE_MS, signal);
  return new Response(
    streamOf(events, () => abort.abort(), over),
    { status: 200, headers: { 'content-type': type } },
  );
}

async function* eventsOf(
  watching: Watching,
  existing: KubeObject[],
  from: ResourceVersion,
): AsyncGenerator<string | Uint8Array> {
  const { call, options } = watching;
  const end = call.ports.clock.now().getTime() + watching.seconds * 1000;
  if (options.sendInitialEvents !== false)
    for (const object of existing) yield event(watching, 'ADDED', object);
  if (options.sendInitialEvents === true && options.bookmarks) yield bookmark(watching, from, true);
  try {
    yield* changesOf(watching, from, end);
  } catch (error) {
    if (watching.signal.aborted) return;
    yield errorEvent(error, from);
  }
}

async function* changesOf(
  watching: Watching,
  from: ResourceVersion,
  end: number,
): AsyncGenerator<string | Uint8Array> {
  const { call, options, signal } = watching;
  const { clock, store } = call.ports;
  let at = from;
  let bookmarkAt = clock.now().getTime() + BOOKMARK_MS;
  const lastBookmarkAt = end - LAST_BOOKMARK_MS;
  let lastSent = !options.bookmarks;
  for (let now = clock.now().getTime(); now < end && !signal.aborted; now = clock.now().getTime()) {
    const until = Math.min(
      end,
      ...(options.bookmarks ? [bookmarkAt] : []),
      ...(lastSent ? [] : [Math.max(lastBookmarkAt, now + 1)]),
    );
    const { entries, upTo } = await store.changes(at, { waitMs: Math.max(1, until - now), signal });
    for (const entry of entries) {
      const seen = project(watching, entry);
      if (seen !== undefined) yield event(watching, seen.type, seen.object);
    }
    at = upTo;
    const after = clock.now().getTime();
    const closing = !lastSent && after >= lastBookmarkAt;
    if (options.bookmarks && (after >= bookmarkAt || closing) && Number(at) > 0) {
      yield bookmark(watching, at, false);
      bookmarkAt = after + BOOKMARK_MS;
      lastSent ||= closing;
    }
  }
}

/** A change seen through the selectors: an object that stops matching is DELETED with its last matching state. */
function project(
  { call, selection }: Watching,
  { type, key, object, previous, version }: LogEntry,
): { type: EventType; object: KubeObject } | undefined {
  if (key.resource !== call.resource.stored || (call.namespace && key.namespace !== call.namespace))
    return undefined;
  if (selection.name !== undefined && key.name !== selection.name) return undefined;
  if (selection.all) return { type, object };
  const before = type !== 'ADDED' && selection.matches(previous ?? object);
  const after = type !== 'DELETED' && selection.matches(object);
  if (after) return { type: before ? 'MODIFIED' : 'ADDED', object };
  if (!before) return undefined;
  if (type === 'DELETED') return { type, object };
  const last = previous ?? object;
  return {
    type: 'DELETED',
    object: { ...last, metadata: { ...last.metadata, resourceVersion: version } },
  };
}

function event(watching: Watching, type: EventType, object: KubeObject): string | Uint8Array {
  const { call } = watching;
  const { as, asVersion } = call.output;
  if (as === 'Table') {
    const table = toTable(
      { ...call, now: call.ports.clock.now() },
      [object],
      { resourceVersion: object.metadata.resourceVersion },
      includeOption(call.query),
      !watching.columnsSent,
    );
    watching.columnsSent = true;
    return line({ type, object: table });
  }
  if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList')
    return line({ type, object: partial(object, asVersion) });
  return fullLine(call, type, object);
}

const lines = new WeakMap<KubeObject, Map<string, Uint8Array>>();

/** Watchers share the log's objects: the bytes are computed once for all of them, even for those that do not use them. */
function fullLine(call: Call, type: EventType, object: KubeObject): Uint8Array {
  const known = lines.get(object) ?? new Map<string, Uint8Array>();
  lines.set(object, known);
  const form = `${type} ${call.resource.group}`;
  const text = known.get(form) ?? Buffer.from(line({ type, object: typed(call, object) }));
  known.set(form, text);
  return text;
}

const line = (value: unknown): string => `${JSON.stringify(value)}\n`;

function bookmark(
  watching: Watching,
  version: ResourceVersion,
  initialEnd: boolean,
): string | Uint8Array {
  const { call } = watching;
  const metadata = {
    resourceVersion: version,
    ...present({ annotations: initialEnd ? { 'k8s.io/initial-events-end': 'true' } : undefined }),
  };
  if (call.output.as !== undefined) return event(watching, 'BOOKMARK', { metadata });
  const empty = call.resource.kind === 'Pod' ? { spec: { containers: null }, status: {} } : {};
  return line({
    type: 'BOOKMARK',
    object: {
      kind: call.resource.kind,
      apiVersion: apiVersionOf(call.resource),
      metadata,
      ...empty,
    },
  });
}

function errorEvent(error: unknown, from: ResourceVersion): string {
  const known =
    error instanceof CompactedError
      ? new ApiError('Expired', `too old resource version: ${from} (${error.message})`)
      : error;
  return line({ type: 'ERROR', object: toStatus(known).status });
}
