// The Kubernetes API behind its function URL. `handle` is the same code that the local server calls.
import { bootstrapObjects } from './bootstrap.ts';
import { handle } from './handler.ts';
import type { Ports } from '../ports/ports.ts';

const begun = new WeakMap<Ports, Promise<void>>();

/** Answers a request; the first one of an environment sees to the objects that every cluster has. */
export async function api(ports: Ports, request: Request): Promise<Response> {
  const ready = begun.get(ports) ?? bootstrapObjects(ports);
  begun.set(ports, ready);
  ready.catch(() => begun.delete(ports));
  await ready;
  return handle(ports, request);
}
