// What a task is started with.
import { expect, it } from 'vitest';
import { launchPod } from '../../../src/steps/launch/launch-pod.ts';
import { recordKey, toJson, toRecord } from '../../../src/steps/pod/record-for.ts';
import { createApi, NAMESPACE, pod } from '../../api/client.ts';

it.each([
  ['PEM', { DROPPOD_CA: 'PEM', NODE_OPTIONS: '--use-openssl-ca' }],
  ['', { DROPPOD_CA: undefined, NODE_OPTIONS: undefined }],
])('a podlet trusts the CA of the API (%o), or the public ones', async (caPem, variables) => {
  const { ports, send } = await createApi({ caPem });
  const { body } = await send('POST', `${NAMESPACE}/pods`, { body: pod('a') });
  const { uid } = body['metadata'] as { uid: string };
  const key = recordKey(uid);
  const { value, revision } = (await ports.store.getRecord(key))!;
  const launched = { ...toRecord(value), task: { attempt: 1, definition: 'd' } };
  await ports.store.commit({ records: [{ key, value: toJson(launched), expected: revision }] });
  await launchPod(ports, { uid, generation: 1 });
  const [request] = [...ports.tasks.requests.values()];
  expect({ ...variables, ...request?.podletEnvironment }).toMatchObject(variables);
  expect(request?.podletEnvironment['NODE_OPTIONS']).toBe(variables.NODE_OPTIONS);
});
