// The statuses of refusals reach a client, with their bodies.
import { seen, type Assumption } from '../assumption.ts';

export const refusals: Assumption = {
  id: 'refusals',
  assumed: 'a function URL passes every status and body on as the function gives them',
  proof: '401, 404, 405, 409 and 422, each with a Status of its own code',
  uses: { requests: 8, writtenKiB: 1 },
  isQuick: true,
  async prove(lab) {
    const map = { metadata: { name: lab.options.id } };
    await lab.request('POST', lab.path('configmaps'), map);
    const post = (body: unknown) => ({
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const maps = lab.path('configmaps');
    const cases: [number, Promise<{ status: number; text: string }>][] = [
      [401, lab.exchange('GET', '/api', {}, { token: 'nobody' })],
      [404, lab.exchange('GET', lab.path('configmaps', 'no-such-map'))],
      [405, lab.exchange('PUT', maps, post(map))],
      [409, lab.exchange('POST', maps, post(map))],
      [422, lab.exchange('POST', maps, post({ metadata: { name: 'No Name' } }))],
    ];
    const wrong: string[] = [];
    for (const [code, answer] of cases) {
      const { status, text } = await answer;
      if (status !== code || !text.includes(`"code":${code}`))
        wrong.push(`${status} instead of ${code}: ${text.slice(0, 100)}`);
    }
    return seen(wrong.length === 0, wrong.join('; ') || 'all as given');
  },
};
