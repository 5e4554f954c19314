// The Kubernetes API behind its function URL. `handle` is the same code that the local server calls.
import { bootstrapObjects } from './bootstrap.ts';
import type { Ports } from '../ports/ports.ts';
import { handle } from './handler.ts';
import { methodNotAllowed } from './routes.ts';
import { toStatus } from './wire/status.ts';

const begun = new WeakMap<Ports, Promise<void>>();

/** Answers a request; the first one in an environment also creates the objects that every cluster has. */
export async function api(ports: Ports, request: Request): Promise<Response> {
  const ready = begun.get(ports) ?? bootstrapObjects(ports);
  begun.set(ports, ready);
  ready.catch(() => begun.delete(ports));
  await ready;
  return handle(atHome(ports, request), request);
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
