// list: a collection, in pages if the caller asks for them.
import { ApiError, badRequest } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import type { ResourceVersion } from '../../ports/identity.ts';
import type { ListQuery, StoredText } from '../../ports/store.ts';
import { present } from '../../present.ts';
import type { Answer, Call, Listed, ObjectList } from '../call.ts';
import { parseFieldSelector } from '../selectors/field-selector.ts';
import { parseLabelSelector } from '../selectors/label-selector.ts';
import type { Matcher } from '../selectors/label-selector.ts';
import { listOptions } from '../wire/options.ts';
import type { ListOptions } from '../wire/options.ts';
import { reachVersion } from './get.ts';

export interface Selection {
  matches: Matcher<KubeObject>;
  /** The name that every matching object has. */
  name?: string;
  /** True without any selector. */
  all: boolean;
}

/** The caller's selectors; a name in the URL counts as one. */
export function selectionOf(
  call: Call,
  options: Pick<ListOptions, 'labelSelector' | 'fieldSelector'>,
): Selection {
  const labels = parseLabelSelector(options.labelSelector);
  const fields = parseFieldSelector(
    options.fieldSelector,
    call.strategy.fields,
    call.resource.namespaced,
  );
  const all = options.labelSelector === '' && options.fieldSelector === '';
  return {
    matches: all
      ? () => true
      : (object) => labels(object.metadata.labels) && fields.matches(object),
    ...present({ name: fields.name }),
    all,
  };
}

/** GET of a collection. */
export async function list(call: Call): Promise<Answer> {
  const options = listOptions(call.query);
  const selection = selectionOf(call, options);
  if (selection.all && showsStored(call))
    return { code: 200, texts: await listBy(textsOf(call), call, options) };
  return { code: 200, list: await listObjects(call, options, selection) };
}

/** Whether the answer can be built from the stored texts or cached rows, without parsing each object. */
function showsStored({ output, strategy, query }: Call): boolean {
  const isPlain =
    output.as === undefined || (output.as === 'Table' && query.get('includeObject') !== 'Object');
  return isPlain && output.format === 'json' && !output.pretty && strategy.toWire === undefined;
}

/** How a list is read: as objects or as texts. */
interface Reader<T> {
  read(query: ListQuery): Promise<{ objects: T[]; version: ResourceVersion; more: boolean }>;
  /** Absent: every object matches. */
  matches?: (object: T) => boolean;
  placeOf(object: T): { namespace?: string | undefined; name?: string | undefined };
}

const textsOf = ({ ports }: Call): Reader<StoredText> => ({
  read: (query) => ports.store.listTexts(query),
  placeOf: (text) => text,
});

const objectsOf = ({ ports }: Call, { all, matches }: Selection): Reader<KubeObject> => ({
  read: (query) => ports.store.list(query),
  ...(all ? {} : { matches }),
  placeOf: ({ metadata }) => metadata,
});

/** How long a list's pages may be asked for: what kube-apiserver keeps between two compactions of etcd. */
const PAGES_MS = 5 * 60_000;

/** The version in a token that continues an expired list: its next page shows what is there when it is read (as in kube-apiserver). */
const INCONSISTENT = -1;

interface Token {
  /** The version of the first page, or INCONSISTENT. */
  rv: number;
  start: string;
  /** When the first page was read, in ms since the epoch; absent in tokens of other servers. */
  at?: number;
  /** The number of objects after `start` when the first page was read: counting them for each page would read all of them each time. */
  left?: number;
}

const encodeToken = (token: Token): string =>
  Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', ...token })).toString('base64url');

function decodeToken(text: string): Token {
  let token: unknown;
  try {
    token = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch (error) {
    throw new ApiError(
      'BadRequest',
      `invalid continue token: continue key is not valid: ${tokenProblem(text)}`,
      { cause: error },
    );
  }
  const { v, rv, start, left, at } = (token ?? {}) as {
    v?: unknown;
    rv?: unknown;
    start?: unknown;
    left?: unknown;
    at?: unknown;
  };
  const refused = (why: string): ApiError =>
    badRequest(`invalid continue token: continue key is not valid: ${why}`);
  if (v !== 'meta.k8s.io/v1')
    throw refused(
      `server does not recognize this encoded version ${typeof v === 'string' ? v : (JSON.stringify(v) ?? '')}`,
    );
  if (typeof rv !== 'number' || !Number.isSafeInteger(rv) || rv === 0)
    throw refused('incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  if (typeof start !== 'string' || start === '')
    throw refused('encoded start key empty (version meta.k8s.io/v1)');
  const key = start.startsWith('/') ? start : `/${start}`;
  if (!START.test(key)) throw refused(start);
  return {
    rv,
    start: key,
    ...present({
      left: isCount(left) ? left : undefined,
      at: isCount(at) ? at : undefined,
    }),
  };
}

/** The token, if the list that it goes on in is young enough. */
function livingToken(text: string, now: Date): Token {
  const token = decodeToken(text);
  if (token.rv < 0 || token.at === undefined || now.getTime() - token.at < PAGES_MS) return token;
  throw new ApiError(
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    { continue: encodeToken({ rv: INCONSISTENT, start: token.start }) },
  );
}

/** A key must be in the form in which it was given out: kube-apiserver accepts no other path either (`path.Clean`). */
const START = /^(\/(?!\.{1,2}(\/|$))[^/]+){1,2}$/;

const isCount = (left: unknown): left is number =>
  typeof left === 'number' && Number.isSafeInteger(left) && left >= 0;

const tokenProblem = (text: string): string => {
  const [first] = Buffer.from(text, 'base64url').toString('utf8').trim();
  return first === undefined
    ? 'unexpected end of JSON input'
    : `invalid character '${first}' looking for beginning of value`;
};

/** `/name\0` within a namespace, `/namespace/name\0` over all of them. */
const startAfter = (
  call: Call,
  { namespace, name }: { namespace: string; name: string },
): string =>
  call.namespace || !call.resource.namespaced ? `/${name}\u0000` : `/${namespace}/${name}\u0000`;

function afterOf(call: Call, start: string): { namespace: string; name: string } {
  const parts = start
    .replace(/\u0000$/, '')
    .split('/')
    .slice(1);
  const name = parts.at(-1) ?? '';
  return { namespace: call.namespace || (parts.length > 1 ? (parts[0] ?? '') : ''), name };
}

/** Reads the matching objects and the version at which they were read. */
export async function listObjects(
  call: Call,
  options: ListOptions,
  selection: Selection,
): Promise<ObjectList> {
  if (selection.name === undefined || !call.namespace)
    return listBy(objectsOf(call, selection), call, options);
  if (options.resourceVersion !== undefined)
    await reachVersion(call.ports, options.resourceVersion);
  return single(call, selection);
}

async function single(call: Call, selection: Selection): Promise<ObjectList> {
  const version = await call.ports.store.version();
  const object = await call.ports.store.get({
    resource: call.resource.stored,
    namespace: call.namespace,
    name: selection.name ?? '',
  });
  return {
    items: object !== undefined && selection.matches(object) ? [object] : [],
    resourceVersion: version,
  };
}

async function listBy<T>(
  reader: Reader<T>,
  call: Call,
  { resourceVersion, limit, continue: token, match }: ListOptions,
): Promise<Listed<T>> {
  if (resourceVersion !== undefined) await reachVersion(call.ports, resourceVersion);
  const page = await readPage(
    reader,
    call,
    // With resourceVersion 0, Kubernetes answers from its cache and ignores the limit.
    resourceVersion === '0' ? 0 : limit,
    token === '' ? undefined : livingToken(token, call.ports.clock.now()),
  );
  if (match !== 'Exact') return page;
  await checkExact(call, resourceVersion ?? '', page.resourceVersion);
  return resourceVersion === undefined ? page : { ...page, resourceVersion };
}

async function readPage<T>(
  { read, matches, placeOf }: Reader<T>,
  call: Call,
  limit: number,
  token: Token | undefined,
): Promise<Listed<T>> {
  const query: ListQuery = {
    resource: call.resource.stored,
    ...present({ namespace: call.namespace || undefined }),
  };
  const items: T[] = [];
  let after = token === undefined ? undefined : afterOf(call, token.start);
  let version: string | undefined;
  for (;;) {
    const want = limit === 0 ? 0 : limit - items.length;
    const part = await read({
      ...query,
      ...present({ after, limit: want > 0 ? want : undefined }),
    });
    version ??= token === undefined || token.rv < 0 ? part.version : String(token.rv);
    for (const object of part.objects) if (!matches || matches(object)) items.push(object);
    const last = part.objects.at(-1);
    if (!part.more || last === undefined) return { items, resourceVersion: version };
    const { namespace = '', name = '' } = placeOf(last);
    after = { namespace, name };
    if (items.length < limit || limit === 0) continue;
    // Kubernetes gives the count only without selectors.
    const left = matches
      ? undefined
      : token?.left === undefined
        ? await countAfter(call, query, after)
        : Math.max(1, token.left - items.length);
    return {
      items,
      resourceVersion: version,
      continue: encodeToken({
        rv: Number(version),
        start: startAfter(call, after),
        at: token?.at ?? call.ports.clock.now().getTime(),
        ...present({ left }),
      }),
      ...present({ remainingItemCount: left }),
    };
  }
}

async function countAfter(
  call: Call,
  query: ListQuery,
  after: { namespace: string; name: string },
): Promise<number> {
  return (await call.ports.store.listTexts({ ...query, after })).objects.length;
}

/** The state at an older version is known only if nothing of the kind has changed since. */
async function checkExact(call: Call, wanted: string, version: string): Promise<void> {
  if (Number(wanted) >= Number(version)) return;
  const { entries } = await call.ports.store.changes(wanted as ResourceVersion, { waitMs: 0 });
  if (!entries.some(({ key }) => key.resource === call.resource.stored)) return;
  throw new ApiError('Expired', 'The resourceVersion for the provided list is too old.');
}
