// The documents by which AWS IAM verifies service account tokens.
import { seen, type Assumption } from '../assumption.ts';
import { requestToken } from './request-token.ts';

export const issuer: Assumption = {
  id: 'issuer',
  assumed: "the API's URL is an OIDC issuer that anybody can read",
  proof: 'discovery document and keys answer without a login, and name the issuer of a token',
  uses: { requests: 3 },
  isQuick: true,
  async prove(lab) {
    const [, body = ''] = (await requestToken(lab)).split('.');
    const { iss } = JSON.parse(Buffer.from(body, 'base64url').toString()) as { iss: string };
    const stranger = { token: '' };
    const found = await lab.exchange('GET', '/.well-known/openid-configuration', {}, stranger);
    const keys = await lab.exchange('GET', '/openid/v1/jwks', {}, stranger);
    const said = found.status === 200 ? (JSON.parse(found.text) as { issuer?: string }).issuer : '';
    return seen(
      said === iss && keys.status === 200 && keys.text.includes('"kid"'),
      `${found.status} and ${keys.status}, issuer ${said || 'none'}, a token's ${iss}`,
    );
  },
};
