// A definition whose writer died before its status, or before the next step of its end: whoever follows the log makes up for it.
import { expect, it } from 'vitest';
import { reconcile } from '../../../functions/reconcile.ts';
import { bootstrapObjects } from '../../../src/api/bootstrap.ts';
import { handle } from '../../../src/api/handler.ts';
import type { Wake } from '../../../src/ports/wake.ts';
import { requestOf } from '../../api/client.ts';
import { DEFINITIONS, definition, gadget, GADGETS } from '../../api/definitions.ts';
import { fakePorts } from '../../fakes/ports.ts';

const NAME = 'gadgets.example.com';
const STORED = {
  resource: 'customresourcedefinitions.apiextensions.k8s.io',
  namespace: '',
  name: NAME,
};

/** An installation whose process dies after so many commits, until it is alive again. */
async function mortal() {
  let commits = Infinity;
  const ports = fakePorts({
    settings: { adminToken: 'secret' },
    fault: (operation) =>
      commits <= 0 || (operation === 'store.commit' && --commits < 0) ? 'fail-before' : 'ok',
  });
  await bootstrapObjects(ports);
  return {
    ports,
    /** The request's process makes that many commits and is gone. */
    send: async (method: string, path: string, body: object | undefined, life = Infinity) => {
      commits = life;
      const answer = await handle(ports, requestOf(method, path, { body }));
      await answer.text();
      commits = Infinity;
      return answer.status;
    },
    definition: () => ports.store.get(STORED),
    changes: async (): Promise<Wake> => ({
      changes: (await ports.store.changes('0' as never, { waitMs: 0 })).entries,
    }),
  };
}

const conditions = (object: unknown): string[] =>
  (
    (object as { status?: { conditions?: { type: string; status: string }[] | null } }).status
      ?.conditions ?? []
  ).map(({ type, status }) => `${type} ${status}`);

it.each(['replay', 'stream'])('a kind is established by %s where its writer died', async (way) => {
  const { ports, send, definition: stored, changes } = await mortal();
  await send('POST', DEFINITIONS, definition({}), 1);
  expect(conditions(await stored())).toEqual([]);
  await reconcile(ports, way === 'replay' ? { replay: true } : await changes());
  expect(conditions(await stored())).toEqual(['NamesAccepted True', 'Established True']);
  expect(await send('POST', GADGETS, gadget('g'))).toBe(201);
});

it.each(['replay', 'stream'])('a definition ends by %s where its remover died', async (way) => {
  const { ports, send, definition: stored, changes } = await mortal();
  await send('POST', DEFINITIONS, definition({}));
  await send('POST', GADGETS, gadget('g'));
  await send('DELETE', `${DEFINITIONS}/${NAME}`, undefined, 1);
  expect((await stored())?.metadata.deletionTimestamp).toBeDefined();
  await reconcile(ports, way === 'replay' ? { replay: true } : await changes());
  expect(await stored()).toBeUndefined();
  expect((await ports.store.list({ resource: NAME })).objects).toEqual([]);
});

it('its last object frees a definition though the remover of that object died', async () => {
  const { ports, send, definition: stored } = await mortal();
  await send('POST', DEFINITIONS, definition({}));
  const held = gadget('g', { metadata: { name: 'g', finalizers: ['example.com/hold'] } });
  await send('POST', GADGETS, held);
  await send('DELETE', `${DEFINITIONS}/${NAME}`, undefined);
  await reconcile(ports, { replay: true });
  expect(conditions(await stored())).toContain('Terminating True');
  const { metadata, ...rest } = (await ports.store.get({
    ...STORED,
    resource: NAME,
    namespace: 'default',
    name: 'g',
  }))!;
  const { finalizers: _held, ...free } = metadata;
  await send('PUT', `${GADGETS}/g`, { ...rest, metadata: free }, 1);
  expect(await stored()).toBeDefined();
  await reconcile(ports, { replay: true });
  expect(await stored()).toBeUndefined();
});
