// A function URL leaves the path's escapes unchanged.
import { seen, type Assumption } from '../assumption.ts';

const ROLES = '/apis/rbac.authorization.k8s.io/v1/clusterroles';

export const paths: Assumption = {
  id: 'paths',
  assumed: 'a function URL hands on path and query as the client escaped them',
  proof:
    'a name with an escaped colon is found, an escaped slash divides no path, a selector keeps its commas',
  uses: { requests: 3 },
  isQuick: true,
  async prove(lab) {
    const asked = [
      `${ROLES}/system%3Acontroller%3Ajob-controller`,
      `${lab.path('pods')}%2Fno-such-pod`,
      `${lab.path('pods')}?labelSelector=a+in+%28b%2Cc%29%2Cd%21%3De`,
    ];
    const answers = await Promise.all(asked.map((path) => lab.exchange('GET', path)));
    const statuses = answers.map(({ status }) => status);
    return seen(statuses.join() === '200,404,200', `they answer ${statuses.join(', ')}`);
  },
};
