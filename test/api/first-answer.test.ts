// How many rounds of reads the first answer of a cold API function takes. A round is everything asked at once: the table answers only
// when nothing is left to do but wait for it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { api } from '../../src/api/serve.ts';
import { issueToken } from '../../src/auth/service-account-tokens.ts';
import { randomIds, randomKey } from '../../src/aws/ids.ts';
import type { Ports } from '../../src/ports/ports.ts';
import { dynamoStore, type DynamoStore } from '../../src/store/dynamo-store.ts';
import { PODLET_KEY, ensureKey } from '../../src/store/ensure-key.ts';
import type { Table } from '../../src/store/table.ts';
import { localTable } from '../contract/store-subjects.ts';
import { fakePorts } from '../fakes/ports.ts';

const HOST = 'api.example.com';
/** Turns of the event loop without a new call, after which whatever is left waits for the table. */
const QUIET_TURNS = 20;

/** A table that answers round by round. */
class Rounds {
  readonly asked: string[][] = [];
  #waiting: (() => void)[] = [];
  #names: string[] = [];
  /** Operations of the table, and those of the crypto pool, whose ends nothing here controls. */
  #busy = 0;
  #calls = 0;

  over(table: Table): Table {
    const gated =
      <Args extends unknown[], Answer>(name: string, act: (...args: Args) => Promise<Answer>) =>
      async (...args: Args): Promise<Answer> => {
        this.#calls++;
        this.#names.push(`${name} ${JSON.stringify(args[0]).slice(0, 60)}`);
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
        return this.#counted(() => act(...args));
      };
    return {
      get: gated('get', table.get),
      batchGet: gated('batchGet', table.batchGet),
      query: gated('query', table.query),
      transact: gated('transact', table.transact),
      update: gated('update', table.update),
    };
  }

  async #counted<Answer>(act: () => Promise<Answer>): Promise<Answer> {
    this.#busy++;
    return act().finally(() => this.#busy--);
  }

  /** Runs the work to its end; returns the rounds that it took. */
  async of<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    const { subtle } = globalThis.crypto;
    const plain = { verify: subtle.verify.bind(subtle), importKey: subtle.importKey.bind(subtle) };
    const counted =
      (act: (...args: never[]) => Promise<unknown>) =>
      (...args: never[]) =>
        this.#counted(() => act(...args));
    Object.assign(subtle, {
      verify: counted(plain.verify),
      importKey: counted(plain.importKey as never),
    });
    let isOver = false;
    const answer = work().finally(() => (isOver = true));
    try {
      while (!isOver) {
        await this.#quiet();
        this.asked.push(this.#names.splice(0));
        for (const release of this.#waiting.splice(0)) release();
      }
      return await answer;
    } finally {
      Object.assign(subtle, plain);
      this.asked.splice(0, this.asked.length, ...this.asked.filter((names) => names.length > 0));
    }
  }

  async #quiet(): Promise<void> {
    for (let turns = 0, calls = this.#calls; turns < QUIET_TURNS; turns++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#busy > 0 || this.#calls !== calls) [turns, calls] = [0, this.#calls];
    }
  }
}

let made: Awaited<ReturnType<typeof localTable>>;
let token: string;

/** A function's ports; those of each call know nothing yet. */
function cold(table: Table): Ports & { store: DynamoStore } {
  const { clock, ...ports } = fakePorts({
    settings: { mode: 'aws', apiHost: HOST, podletKey: '' },
  });
  const store = dynamoStore({ table, clock, ids: randomIds, random: () => 0.5 });
  return {
    ...ports,
    clock,
    store,
    readKeys: async () => {
      ports.settings.podletKey = await ensureKey(store, PODLET_KEY, randomKey);
    },
  };
}

const request = (path: string): Request =>
  new Request(`https://${HOST}${path}`, { headers: { authorization: `Bearer ${token}` } });

beforeAll(async () => {
  made = await localTable();
  const ports = cold(made.table);
  expect((await api(ports, new Request(`https://${HOST}/version`))).status).toBe(200);
  // As after a minute of writes: the stored mark is a few numbers behind.
  await ports.store.compact(await ports.store.version());
  const account = await ports.store.get({
    resource: 'serviceaccounts',
    namespace: 'default',
    name: 'default',
  });
  const commit = async (resource: string, namespace: string, object: object): Promise<void> => {
    const { metadata } = object as { metadata: { name: string } };
    const key = { resource, namespace, name: metadata.name };
    await ports.store.commit({
      object: { key, object: { ...object, metadata }, expected: 'absent' },
    });
  };
  await commit('pods', 'default', {
    metadata: { name: 'web', namespace: 'default', uid: 'u' },
    spec: { containers: [] },
  });
  await commit('clusterrolebindings.rbac.authorization.k8s.io', '', {
    metadata: { name: 'readers' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
    subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'default' }],
  });
  ({ token } = await issueToken(ports, {
    namespace: 'default',
    serviceAccount: { name: 'default', uid: account?.metadata.uid ?? '' },
    pod: { name: 'web', uid: 'u' },
    audiences: [],
    expirationSeconds: 3_600,
  }));
});
afterAll(() => made.close());

describe('the first answer of a cold function takes three rounds of reads at most', () => {
  it.each([
    ['a pod', '/api/v1/namespaces/default/pods/web'],
    ['a list of pods', '/api/v1/namespaces/default/pods'],
    ['a list over all namespaces', '/api/v1/pods?limit=500'],
    ['what is served', '/apis'],
    ['what a group serves', '/apis/apps/v1'],
  ])('%s', async (_what, path) => {
    const rounds = new Rounds();
    const ports = cold(rounds.over(made.table));
    const answer = await rounds.of(() => api(ports, request(path)));
    expect(await answer.text()).toContain('"kind"');
    expect(answer.status).toBe(200);
    expect(rounds.asked.length, JSON.stringify(rounds.asked, undefined, 1)).toBeLessThanOrEqual(3);
  });
});

it('what somebody deleted comes back with the second request of a process', async () => {
  const ports = cold(made.table);
  const key = {
    resource: 'priorityclasses.scheduling.k8s.io',
    namespace: '',
    name: 'system-node-critical',
  };
  const found = await ports.store.get(key);
  await ports.store.commit({
    object: { key, object: null, expected: found?.metadata.resourceVersion as never },
  });
  await api(ports, request('/version'));
  expect(await ports.store.get(key)).toBeUndefined();
  await api(ports, request('/version'));
  expect(await ports.store.get(key)).toBeDefined();
});
