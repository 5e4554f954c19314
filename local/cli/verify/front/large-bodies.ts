// Bodies above a function's limit are refused in front of it.
import { seen, type Assumption } from '../assumption.ts';

const BYTES = 7 * 1024 * 1024;

export const largeBodies: Assumption = {
  id: 'large-bodies',
  assumed:
    'a body that is larger than a function may get is answered with 413, by the API or in front of it',
  proof: 'a ConfigMap of 7 MiB',
  uses: { requests: 1 },
  isQuick: true,
  async prove(lab) {
    const body = JSON.stringify({
      metadata: { name: lab.options.id },
      data: { large: 'x'.repeat(BYTES) },
    });
    const headers = { 'content-type': 'application/json' };
    const { status, text } = await lab.exchange('POST', lab.path('configmaps'), { headers, body });
    return seen(status === 413, `${status}: ${text.slice(0, 100)}`);
  },
};
