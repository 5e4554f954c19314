// What a registry's challenge is answered with: the password itself (Basic), or a token of the service that it names (Bearer).
import { mapOf } from '../own.ts';
import type { RegistryCredential } from '../ports/images.ts';
import { isLoopback } from './reference.ts';
import type { Reference } from './reference.ts';
import { refusedContent, refusedLogin, refusedWithoutPassword } from './refusal.ts';
import { present } from '../present.ts';

/** The body of a token service's answer, or the status by which it refuses. */
export type TokenAnswer = { body: unknown } | { status: number; statusText: string };

type AskToken = (url: string, headers: Record<string, string>) => Promise<TokenAnswer>;

/** The Authorization header for a registry that has answered 401 with this challenge; throws where there can be none. */
export async function authorizationFor(
  reference: Reference,
  credential: RegistryCredential | undefined,
  challenge: string,
  ask: AskToken,
): Promise<string> {
  const basic =
    credential &&
    `Basic ${Buffer.from(`${credential.username}:${credential.password}`).toString('base64')}`;
  if (/^bearer/i.test(challenge))
    return `Bearer ${await tokenFor(reference, basic, challenge, ask)}`;
  if (basic === undefined) throw refusedWithoutPassword(reference);
  return basic;
}

async function tokenFor(
  reference: Reference,
  basic: string | undefined,
  challenge: string,
  ask: AskToken,
): Promise<string> {
  const answer = await ask(tokenUrl(reference, challenge), present({ authorization: basic }));
  if ('status' in answer)
    throw refusedLogin(
      reference,
      basic === undefined ? 'anonymous' : 'oauth',
      answer.status,
      answer.statusText,
    );
  const { body } = answer;
  const { token, access_token: access } = mapOf(body);
  const given = token ?? access;
  if (typeof given !== 'string')
    throw refusedContent(reference, 'failed to authorize: the token service gave no token');
  return given;
}

function tokenUrl(reference: Reference, challenge: string): string {
  const field = (name: string): string =>
    new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? '';
  const realm = field('realm');
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  // The credential is sent to the host that the registry names, but never unencrypted.
  if (url?.protocol !== 'https:' && !(url?.protocol === 'http:' && isLoopback(url.host)))
    throw refusedContent(
      reference,
      'failed to authorize: the registry asks for a token from no safe place',
    );
  if (field('service')) url.searchParams.set('service', field('service'));
  url.searchParams.set('scope', field('scope') || `repository:${reference.repository}:pull`);
  return url.href;
}
