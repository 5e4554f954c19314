// An engine on a Docker without containers that starts nothing: for operations that only read and write the book.
import { PassThrough } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import type { KeyValue } from '../../../../local/agent/key-value.ts';
import { memoryKeyValue } from '../../../fakes/memory-key-value.ts';
import { createEngine, type Engine } from '../../../../local/aws/create-engine.ts';
import type { Docker } from '../../../../local/docker/engine-api.ts';

export interface QuietEngine {
  engine: Engine;
  changes: { lastStatus?: unknown; version?: unknown }[];
  /** Returns the output, or the error as `type: message`. */
  call: (operation: string, input: object) => Promise<{ [key: string]: unknown } | string>;
}

/** Calls to the engine other than reads never complete. */
export async function quietEngine(
  store: KeyValue = memoryKeyValue(),
  beyondFargate = false,
): Promise<QuietEngine> {
  const docker: Docker = {
    close: () => undefined,
    open: async () => new PassThrough() as unknown as IncomingMessage,
    call: (_method, path) =>
      path === '/containers/json' ? Promise.resolve('[]') : new Promise(() => undefined),
  };
  let ids = 0;
  let time = Date.parse('2026-01-01T00:00:00Z');
  const changes: QuietEngine['changes'] = [];
  const engine = await createEngine({
    docker,
    store,
    account: '000000000000',
    region: 'us-east-1',
    metadataHost: { address: '127.0.0.1', port: 1 },
    logDirectory: '/nonexistent',
    concurrency: 1,
    clock: { now: () => new Date((time += 1000)), sleep: () => new Promise(() => undefined) },
    uuid: () => `${(ids += 1)}`.padStart(32, '0'),
    beyondFargate,
    onTaskChange: (detail) => changes.push(detail),
  });
  const call: QuietEngine['call'] = async (operation, input) => {
    const answer = await engine.ecsEndpoint({
      target: `AmazonEC2ContainerServiceV20141113.${operation}`,
      body: Buffer.from(JSON.stringify(input)),
    });
    const body: { [key: string]: unknown } = JSON.parse(answer?.body ?? 'null');
    return answer?.status === 200 ? body : `${String(body['__type'])}: ${String(body['message'])}`;
  };
  return { engine, changes, call };
}
