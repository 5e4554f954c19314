// exec, attach and port-forward on AWS, where no front carries them: kubectl shows why, and suggests nothing that would not work either.
import { expect, it } from 'vitest';
import { createApi, NAMESPACE, place, pod } from './client.ts';

it.each([
  ['exec', '?command=sh&stdin=true&stdout=true', 'exec'],
  ['attach', '?stdout=true', 'attach'],
  ['portforward', '', 'port-forward'],
])('%s is refused with its reason', async (subresource, query, name) => {
  const api = await createApi({ mode: 'aws' });
  await api.send('POST', `${NAMESPACE}/pods`, { body: pod('web') });
  await place(api, 'default', 'web');
  const { status, body } = await api.send('POST', `${NAMESPACE}/pods/web/${subresource}${query}`);
  expect([status, body['reason'], body['message']]).toEqual([
    400,
    'BadRequest',
    `pod web: ${name} needs a connection in both directions, which no serverless front of AWS carries; droppod serves it in local mode only`,
  ]);
});
