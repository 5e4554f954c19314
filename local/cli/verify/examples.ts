// Every file of examples/ behaves as its comments say.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { applyManifests, readManifests } from '../apply.ts';
import { seen, type Assumption } from './assumption.ts';
import type { Lab } from './lab.ts';
import { OUTCOMES } from './outcomes.ts';

const EXAMPLES = fileURLToPath(new URL('../../../examples', import.meta.url));
/** Other kinds have suites of their own. */
const POD_SECONDS = 180;

export const examples: Assumption = {
  id: 'examples',
  assumed: 'pods become on AWS what they become on one machine',
  proof: 'every file of examples/ is applied, and every pod of them becomes what its text says',
  uses: {
    pods: Object.keys(OUTCOMES).length + 3,
    podSeconds: POD_SECONDS,
    requests: 1500,
    writtenKiB: 100,
  },
  isQuick: false,
  async prove(lab) {
    await applyAll(lab);
    const outcomes = await Promise.all(
      Object.entries(OUTCOMES).map(async ([name, { check, logs }]) => {
        try {
          await lab.podUntil(name, check);
          if (logs) await logHas(lab, name, logs);
          return undefined;
        } catch (error) {
          return error instanceof Error ? error.message : String(error);
        }
      }),
    );
    const wrong = outcomes.filter((one) => one !== undefined);
    return seen(
      wrong.length === 0,
      wrong.length === 0 ? `${outcomes.length} pods as their texts say` : wrong.join('; '),
    );
  },
};

async function applyAll(lab: Lab): Promise<void> {
  const client = await lab.client();
  for (const file of readdirSync(EXAMPLES)) {
    const path = join(EXAMPLES, file);
    const manifests = readManifests(path).map((manifest) =>
      // A namespace would be left behind.
      manifest.kind === 'Namespace'
        ? { ...manifest, metadata: { name: `${lab.namespace}-more` } }
        : { ...manifest, metadata: { ...manifest.metadata, namespace: lab.namespace } },
    );
    await applyManifests(client, path, manifests, () => undefined);
  }
  client.close();
}

/** `words` are arguments of `kubectl logs`. */
async function logHas(lab: Lab, pod: string, [words, text]: [string[], string]): Promise<void> {
  const container = words.includes('-c') ? words[words.indexOf('-c') + 1] : undefined;
  const query = new URLSearchParams({
    ...(container ? { container } : {}),
    ...(words.includes('--previous') ? { previous: 'true' } : {}),
  });
  await lab.until(`"${text}" in the log of ${pod}`, async () => {
    const answer = await lab.exchange('GET', `${lab.path('pods', pod)}/log?${query.toString()}`);
    return answer.text.includes(text) ? answer.text : undefined;
  });
}
