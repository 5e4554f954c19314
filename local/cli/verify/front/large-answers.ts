// Responses above the 6 MB limit of a buffered function.
import { randomBytes } from 'node:crypto';
import { seen, type Assumption } from '../assumption.ts';

const MAPS = 8;
/** In base64 most of a MiB, which is a ConfigMap's limit. */
const BYTES = 700_000;
const LEAST = 7_000_000;

export const largeAnswers: Assumption = {
  id: 'large-answers',
  assumed: 'a streamed answer may have more than 6 MB',
  proof: `a list of ${MAPS} ConfigMaps of nearly a MiB each arrives whole`,
  uses: { requests: MAPS + 1, writtenKiB: MAPS * 1000 },
  isQuick: false,
  onAwsOnly: 'the functions of this target answer in one piece',
  async prove(lab) {
    for (let at = 0; at < MAPS; at += 1)
      await lab.request('POST', lab.path('configmaps'), {
        metadata: { name: `${lab.options.id}-${at}`, labels: { large: 'yes' } },
        data: { bytes: randomBytes(BYTES).toString('base64') },
      });
    const path = `${lab.path('configmaps')}?labelSelector=large%3Dyes`;
    const { status, text } = await lab.exchange('GET', path);
    const { items = [] } = (status === 200 ? JSON.parse(text) : {}) as { items?: unknown[] };
    return seen(
      items.length === MAPS && text.length > LEAST,
      `${status} with ${items.length} of them, ${text.length} bytes`,
    );
  },
};
