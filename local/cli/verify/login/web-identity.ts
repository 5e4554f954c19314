// A service account's token can assume an IAM role that names the account.
import { seen, unproven, type Assumption } from '../assumption.ts';
import { requestToken } from './request-token.ts';

/** IAM changes usually propagate within seconds. */
const SPREAD_MS = 60_000;

export const webIdentity: Assumption = {
  id: 'web-identity',
  assumed: "AWS IAM reads the API's keys and trusts its tokens",
  proof:
    "a role without rights is made that names a service account; STS gives a session for the account's token",
  uses: { requests: 1 },
  isQuick: false,
  onAwsOnly: 'this target has no OIDC provider',
  async prove(lab) {
    const provider = lab.options.deployment.outputs.get('OidcProviderArn');
    if (provider === undefined) return unproven('the stack has no OIDC provider');
    const role = lab.namespace;
    const subject = `system:serviceaccount:${lab.namespace}:default`;
    const arn = await lab.aws.makeTrustingRole(role, provider, subject);
    try {
      const token = await requestToken(lab);
      let last = '';
      const session = await lab
        .until(
          'a session',
          () =>
            lab.aws.sessionFor(arn, token).catch((error: unknown) => {
              last = String(error);
              return undefined;
            }),
          SPREAD_MS,
        )
        .catch(() => {
          // STS's last message is shown instead.
          return undefined;
        });
      return seen(session !== undefined, session ?? last);
    } finally {
      await lab.aws.removeRole(role);
    }
  },
};
