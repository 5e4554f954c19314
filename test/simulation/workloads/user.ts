// The user of the simulation, whose requests to the API always arrive.
import { handle } from '../../../src/api/handler.ts';
import type { KubeObject } from '../../../src/kinds/pod.ts';
import { requestOf } from '../../api/client.ts';
import type { Installation } from './installation.ts';

const STRATEGIC = 'application/strategic-merge-patch+json';
const MERGE = 'application/merge-patch+json';

export class User {
  readonly #installation: Installation;

  constructor(installation: Installation) {
    this.#installation = installation;
  }

  create(path: string, object: object): Promise<KubeObject> {
    return this.#send('POST', path, object);
  }

  /** Returns whether the object existed. */
  async patch(path: string, patch: object, type = STRATEGIC): Promise<boolean> {
    return (await this.#send('PATCH', path, patch, { type, mayMiss: true }))['code'] !== 404;
  }

  /** A meaningless change by another writer: it only causes a conflict for whoever has read the object. */
  touch(path: string, times: number): Promise<boolean> {
    const annotations = { 'example.com/touched': String(times) };
    return this.patch(path, { metadata: { annotations } }, MERGE);
  }

  async remove(
    path: string,
    options: { propagationPolicy?: string; gracePeriodSeconds?: number } = {},
  ): Promise<void> {
    await this.#send('DELETE', path, options, { mayMiss: true });
  }

  async #send(
    method: string,
    path: string,
    body: object,
    { type = 'application/json', mayMiss = false }: { type?: string; mayMiss?: boolean } = {},
  ): Promise<KubeObject> {
    const request = requestOf(method, path, { body, headers: { 'content-type': type } });
    const answer = await handle(this.#installation.ports, request);
    const text = await answer.text();
    if (answer.status >= 300 && !(mayMiss && answer.status === 404))
      throw new Error(`${method} ${path}: ${text}`);
    return JSON.parse(text) as KubeObject;
  }
}
