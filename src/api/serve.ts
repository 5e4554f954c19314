// The Kubernetes API behind its function URL. `handle` is the same code that the local server calls.
import { authenticate } from '../auth/authenticate.ts';
import { policyOf } from '../auth/rbac/rights.ts';
import type { Ports } from '../ports/ports.ts';
import { handle } from './handler.ts';
import { Start } from './start.ts';
import { methodNotAllowed } from './routes.ts';
import { toStatus } from './wire/status.ts';

const starts = new WeakMap<Ports, Start>();

/**
 * Answers a request. The first one in an environment needs three rounds of reads, whatever a round reads at once: what a request may need
 * is read before it is asked for (test/api/first-answer.test.ts counts them).
 */
export function api(ports: Ports, request: Request): Promise<Response> {
  const { store } = ports;
  const work = (): Promise<Response> => answer(ports, request);
  return store.atOneLook === undefined ? work() : store.atOneLook(work);
}

async function answer(ports: Ports, request: Request): Promise<Response> {
  const known = starts.get(ports);
  const start = known ?? new Start(ports);
  starts.set(ports, start);
  const caller = authenticate(atHome(ports, request), request);
  // The handler answers a wrong token.
  caller.catch(() => undefined);
  if (known === undefined) readAhead(ports);
  const checked = start.check(known === undefined);
  await start.ready();
  const response = await handle(atHome(ports, request), request, caller);
  await checked;
  return response;
}

/** Reads roles and bindings, and the end of the log, which most requests ask for next. */
function readAhead(ports: Ports): void {
  // Who asks for it then finds what went wrong.
  for (const read of [ports.store.version(), policyOf(ports)]) read.catch(() => undefined);
}

/** As `api` for what only reads: whoever writes must come to the API's own function, which may do what follows from a write. */
export async function watches(ports: Ports, request: Request): Promise<Response> {
  if (request.method === 'GET') return handle(atHome(ports, request), request);
  const { code, status } = toStatus(methodNotAllowed());
  return Response.json(status, { status: code });
}

/** A function's own URL cannot be in its environment (the URL depends on the function), but every request through it names it. */
const atHome = (ports: Ports, { url }: Request): Ports =>
  ports.settings.mode === 'aws' && ports.settings.apiHost === ''
    ? { ...ports, settings: { ...ports.settings, apiHost: new URL(url).hostname } }
    : ports;
