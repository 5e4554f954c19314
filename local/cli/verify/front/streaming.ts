// A watch's events arrive while it is open.
import { failed, passed, type Assumption } from '../assumption.ts';

const OPEN_SECONDS = 30;

export const streaming: Assumption = {
  id: 'streaming',
  assumed: 'a function URL in RESPONSE_STREAM mode passes on what is written at once',
  proof: 'what is made after the first event of a watch has come is an event of the same watch',
  uses: { requests: 3, openSeconds: OPEN_SECONDS, writtenKiB: 2 },
  isQuick: true,
  onAwsOnly: 'the functions of this target answer in one piece',
  async prove(lab) {
    const { id } = lab.options;
    const make = (name: string): Promise<unknown> =>
      lab.request('POST', lab.path('configmaps'), { metadata: { name, labels: { [id]: 'yes' } } });
    await make(`${id}-first`);
    const client = await lab.client();
    const end = new AbortController();
    const path = `${lab.path('configmaps')}?watch=true&timeoutSeconds=${OPEN_SECONDS}&labelSelector=${id}%3Dyes`;
    let made: number | undefined;
    try {
      for await (const line of client.lines(path, {}, end.signal)) {
        if (line.includes(`"${id}-second"`) && made !== undefined)
          return passed(`${((lab.now() - made) / 1000).toFixed(1)} s after it was made`);
        if (made !== undefined || !line.includes(`"${id}-first"`)) continue;
        made = lab.now();
        await make(`${id}-second`);
      }
    } finally {
      client.close();
    }
    return failed(made === undefined ? 'no event came' : 'the watch was over with its first event');
  },
};
