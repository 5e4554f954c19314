// The token that the proofs of logins outside the API begin with.
import type { Lab } from '../lab.ts';

/** A token of the lab's default service account for AWS STS. */
export async function requestToken(lab: Lab): Promise<string> {
  const made = (await lab.request('POST', `${lab.path('serviceaccounts', 'default')}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { audiences: ['sts.amazonaws.com'] },
  })) as { status: { token: string } };
  return made.status.token;
}
