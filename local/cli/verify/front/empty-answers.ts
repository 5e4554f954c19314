// Responses without a body, which a streaming function URL loses unless something is written.
import { seen, type Assumption } from '../assumption.ts';

const DISCOVERY = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

export const emptyAnswers: Assumption = {
  id: 'empty-answers',
  assumed: 'an answer without a body keeps status and headers when an empty chunk is written',
  proof:
    'discovery asked again is a 304 with its type and tag; HEAD has the status that it has in Kubernetes (405), and no body',
  uses: { requests: 4 },
  isQuick: true,
  async prove(lab) {
    const headers = { accept: DISCOVERY };
    const first = await lab.exchange('GET', '/apis', { headers });
    const tag = first.headers.etag ?? '';
    const again = await lab.exchange('GET', '/apis', {
      headers: { ...headers, 'if-none-match': tag },
    });
    const type = again.headers['content-type'] ?? '';
    const heads = await Promise.all(
      ['/version', lab.path('pods')].map((path) => lab.exchange('HEAD', path)),
    );
    const statuses = heads.map(
      ({ status, text }) => `${status}${text === '' ? '' : ' with a body'}`,
    );
    return seen(
      again.status === 304 &&
        type.includes('apidiscovery') &&
        again.headers.etag === tag &&
        statuses.join() === '405,405',
      `${again.status} of type ${type || 'none'}; HEAD ${statuses.join(', ')}`,
    );
  },
};
