// Tokens of `aws eks get-token`, which STS verifies.
import { seen, type Assumption } from '../assumption.ts';

/** The last characters of the signature, turned. */
const forged = (token: string): string =>
  token.slice(0, -4) + [...token.slice(-4)].reverse().join('') + 'A';

export const administrator: Assumption = {
  id: 'administrator',
  assumed: "STS answers for a login of the administrator's role, and for no token that was changed",
  proof: 'whoami names the group system:masters; a changed token is 401',
  uses: { requests: 2 },
  isQuick: true,
  async prove(lab) {
    const review = {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }),
    };
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
    const mine = await lab.exchange('POST', path, review);
    const token = forged(await lab.options.login.token());
    const other = await lab.exchange('POST', path, review, { token });
    const isMaster = mine.text.includes('"system:masters"');
    return seen(
      mine.status === 201 && isMaster && other.status === 401,
      `${mine.status}${isMaster ? ' as a master' : ''}; the changed one ${other.status}`,
    );
  },
};
