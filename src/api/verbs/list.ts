// list: a collection, in pages where the caller asks for them.
import { ApiError, badRequest } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import type { ResourceVersion } from '../../ports/identity.ts';
import type { ListQuery } from '../../ports/store.ts';
import { present } from '../../present.ts';
import type { Answer, Call, ObjectList, TextList } from '../call.ts';
import { parseFieldSelector } from '../selectors/field-selector.ts';
import { parseLabelSelector } from '../selectors/label-selector.ts';
import type { Matcher } from '../selectors/label-selector.ts';
import { listOptions } from '../wire/options.ts';
import type { ListOptions } from '../wire/options.ts';
import { reachVersion } from './get.ts';

export interface Selection {
  matches: Matcher<KubeObject>;
  /** Every object that matches has this name. */
  name?: string;
  /** Neither selector is given. */
  all: boolean;
}

/** The caller's selectors; a name in the URL selects as well. */
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
  if (selection.all && showsWhole(call, options))
    return { code: 200, texts: await listTexts(call, options) };
  return { code: 200, list: await listObjects(call, options, selection) };
}

/** All objects in one page, as they are stored: nothing in them needs to be looked at. */
function showsWhole(
  { output, strategy }: Call,
  { limit, continue: token, match }: ListOptions,
): boolean {
  return (
    output.format === 'json' &&
    !output.pretty &&
    output.as === undefined &&
    strategy.toWire === undefined &&
    limit === 0 &&
    token === '' &&
    match !== 'Exact'
  );
}

async function listTexts(
  { ports, resource, namespace }: Call,
  { resourceVersion }: ListOptions,
): Promise<TextList> {
  if (resourceVersion !== undefined) await reachVersion(ports, resourceVersion);
  const { objects, version } = await ports.store.listTexts({
    resource: resource.stored,
    ...present({ namespace: namespace || undefined }),
  });
  return { items: objects, resourceVersion: version };
}

interface Token {
  rv: number;
  start: string;
  /** Objects after `start` when the first page was read: counting them for each page would read all of them each time. */
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
  const { v, rv, start, left } = (token ?? {}) as {
    v?: unknown;
    rv?: unknown;
    start?: unknown;
    left?: unknown;
  };
  if (v !== 'meta.k8s.io/v1')
    throw badRequest(
      `invalid continue token: continue key is not valid: server does not recognize this encoded version ${String(v)}`,
    );
  if (typeof start !== 'string' || typeof rv !== 'number')
    throw badRequest(
      'invalid continue token: continue key is not valid: encoded start key empty (version meta.k8s.io/v1)',
    );
  return { rv, start, ...present({ left: typeof left === 'number' ? left : undefined }) };
}

const tokenProblem = (text: string): string => {
  const [first] = Buffer.from(text, 'base64url').toString('utf8').trim();
  return first === undefined
    ? 'unexpected end of JSON input'
    : `invalid character '${first}' looking for beginning of value`;
};

/** `/name\0` in a namespace, `/namespace/name\0` in all of them. */
const startAfter = (call: Call, { metadata }: KubeObject): string =>
  call.namespace || !call.resource.namespaced
    ? `/${metadata.name}\u0000`
    : `/${metadata.namespace}/${metadata.name}\u0000`;

function afterOf(call: Call, start: string): { namespace: string; name: string } {
  const parts = start
    .replace(/\u0000$/, '')
    .split('/')
    .slice(1);
  const name = parts.at(-1) ?? '';
  return { namespace: parts.length > 1 ? (parts[0] ?? '') : call.namespace, name };
}

/** Reads the matching objects and the version they stand at. */
export async function listObjects(
  call: Call,
  options: ListOptions,
  selection: Selection,
): Promise<ObjectList> {
  if (options.resourceVersion !== undefined)
    await reachVersion(call.ports, options.resourceVersion);
  const query: ListQuery = {
    resource: call.resource.stored,
    ...present({ namespace: call.namespace || undefined }),
  };
  if (selection.name !== undefined && call.namespace) return single(call, selection);
  // With resourceVersion 0 Kubernetes answers from its cache and ignores the limit.
  const limit = options.resourceVersion === '0' ? 0 : options.limit;
  const token = options.continue === '' ? undefined : decodeToken(options.continue);
  const page = await readPage(call, query, selection, limit, token);
  if (options.match === 'Exact')
    await checkExact(call, options.resourceVersion ?? '', page.resourceVersion);
  return options.match === 'Exact' && options.resourceVersion !== undefined
    ? { ...page, resourceVersion: options.resourceVersion }
    : page;
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

async function readPage(
  call: Call,
  query: ListQuery,
  selection: Selection,
  limit: number,
  token: Token | undefined,
): Promise<ObjectList> {
  const items: KubeObject[] = [];
  let after = token === undefined ? undefined : afterOf(call, token.start);
  let version: string | undefined;
  for (;;) {
    const want = limit === 0 ? 0 : limit - items.length;
    const part = await call.ports.store.list({
      ...query,
      ...present({ after, limit: want > 0 ? want : undefined }),
    });
    version ??= token === undefined ? part.version : String(token.rv);
    items.push(...(selection.all ? part.objects : part.objects.filter(selection.matches)));
    const last = part.objects.at(-1);
    if (!part.more || last === undefined) return { items, resourceVersion: version };
    after = { namespace: last.metadata.namespace ?? '', name: last.metadata.name ?? '' };
    if (items.length < limit || limit === 0) continue;
    // Kubernetes gives the count without selectors only.
    const left = selection.all
      ? token?.left === undefined
        ? await countAfter(call, query, after)
        : Math.max(1, token.left - items.length)
      : undefined;
    const next = encodeToken({
      rv: Number(version),
      start: startAfter(call, last),
      ...present({ left }),
    });
    return {
      items,
      resourceVersion: version,
      continue: next,
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

/** The state at an older version is only known where nothing of the kind changed since. */
async function checkExact(call: Call, wanted: string, version: string): Promise<void> {
  if (Number(wanted) >= Number(version)) return;
  const { entries } = await call.ports.store.changes(wanted as ResourceVersion, { waitMs: 0 });
  if (!entries.some(({ key }) => key.resource === call.resource.stored)) return;
  throw new ApiError('Expired', 'The resourceVersion for the provided list is too old.');
}
