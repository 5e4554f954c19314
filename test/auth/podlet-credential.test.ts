// A podlet's bootstrap token: derived from its pod's seed, checked with the key of all pods.
import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import {
  attemptToken,
  bootstrapToken,
  isBootstrapToken,
  podletSeed,
} from '../../src/auth/podlet-credential.ts';
import { launchPod } from '../../src/steps/launch/launch-pod.ts';
import { recordKey, toJson, toRecord } from '../../src/steps/pod/record-for.ts';
import { isPodletToken } from '../../src/steps/sync/podlet-token.ts';
import { NAMESPACE, createApi, pod } from '../api/client.ts';

const KEY = Buffer.from('the key of all pods').toString('base64');

it('a token is good for its own pod and attempt alone', () => {
  const token = attemptToken(podletSeed(KEY, 'u'), 1);
  expect(token).toBe(bootstrapToken(KEY, 'u', 1));
  expect(isBootstrapToken(KEY, { uid: 'u', attempt: 1 }, token)).toBe(true);
  expect(isBootstrapToken(KEY, { uid: 'u', attempt: 2 }, token)).toBe(false);
  expect(isBootstrapToken(KEY, { uid: 'v', attempt: 1 }, token)).toBe(false);
  expect(isBootstrapToken(podletSeed(KEY, 'u'), { uid: 'u', attempt: 1 }, token)).toBe(false);
});

it('a task that was started before pods had seeds goes on', () => {
  const token = createHmac('sha256', Buffer.from(KEY, 'base64')).update('u 1').digest('hex');
  expect(isBootstrapToken(KEY, { uid: 'u', attempt: 1 }, token)).toBe(true);
  expect(isBootstrapToken(KEY, { uid: 'u', attempt: 11 }, token)).toBe(false);
});

it('who starts a task needs no key: the pod’s record has what its token is made from', async () => {
  const { ports, send } = await createApi();
  const { uid } = (await send('POST', `${NAMESPACE}/pods`, { body: pod('web') })).body[
    'metadata'
  ] as {
    uid: string;
  };
  const key = recordKey(uid);
  const found = (await ports.store.getRecord(key))!;
  const record = toRecord(found.value);
  await ports.store.commit({
    records: [
      {
        key,
        value: toJson({ ...record, task: { attempt: 1, definition: 'd' } }),
        expected: found.revision,
      },
    ],
  });
  const { podletKey } = ports.settings;
  const keyless = { ...ports, settings: { ...ports.settings, podletKey: '' } };
  await launchPod(keyless, { uid, generation: 1 });
  const [request] = [...ports.tasks.requests.values()];
  const token = request?.podletEnvironment['DROPPOD_TOKEN'] ?? '';
  expect(isBootstrapToken(podletKey, { uid, attempt: 1 }, token)).toBe(true);
});

it('a pod that is created without the key has a seed of its own, which sync finds in its record', async () => {
  const { ports, send } = await createApi();
  const { podletKey } = ports.settings;
  ports.settings.podletKey = '';
  const uids = await Promise.all(
    ['one', 'two'].map(async (name) => {
      const { body } = await send('POST', `${NAMESPACE}/pods`, { body: pod(name) });
      return (body['metadata'] as { uid: string }).uid;
    }),
  );
  ports.settings.podletKey = podletKey;
  const seeds = await Promise.all(
    uids.map(
      async (uid) => toRecord((await ports.store.getRecord(recordKey(uid)))!.value).podletSeed!,
    ),
  );
  const [uid = '', other = ''] = uids;
  const token = attemptToken(seeds[0]!, 1);
  expect(await isPodletToken(ports, { uid, attempt: 1 }, token)).toBe(true);
  expect(await isPodletToken(ports, { uid, attempt: 2 }, token)).toBe(false);
  expect(await isPodletToken(ports, { uid: other, attempt: 1 }, token)).toBe(false);
  expect(await isPodletToken(ports, { uid: 'nobody', attempt: 1 }, token)).toBe(false);
  // Nobody who knows the uid can make it.
  expect(seeds[0]).not.toBe(podletSeed('', uid));
});
