// The API's certificate is signed by the CA that pods get.
import { seen, type Assumption } from '../assumption.ts';

export const trustedRoots: Assumption = {
  id: 'trusted-roots',
  assumed:
    "a function URL's certificate comes from one of Amazon's roots, which pods are given as ca.crt",
  proof: 'a connection that trusts the ConfigMap kube-root-ca.crt alone',
  uses: { requests: 2 },
  isQuick: true,
  async prove(lab) {
    const map = (await lab.request('GET', lab.path('configmaps', 'kube-root-ca.crt'))) as {
      data?: { 'ca.crt'?: string };
    };
    const ca = map.data?.['ca.crt'] ?? '';
    if (ca === '') return seen(false, 'it is empty');
    const { status } = await lab.exchange('GET', '/version', {}, { ca });
    return seen(
      status === 200,
      `${status} with ${ca.split('BEGIN CERTIFICATE').length - 1} of them`,
    );
  },
};
