// The node's own credentials on AWS: the function's role opens private ECR repositories, as an instance role does for a node.
import type { ECRClient } from '@aws-sdk/client-ecr';
import { GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import type { Clock } from '../ports/clock.ts';
import { RegistryRefusal } from '../images/refusal.ts';
import type { RegistryCredential } from '../ports/images.ts';
import { orRefusal } from './refusal.ts';

const ECR_HOST =
  /^\d{12}\.dkr[.-]ecr(?:-fips)?\.[a-z0-9-]+\.(?:amazonaws\.com(?:\.cn)?|on\.(?:aws|amazonwebservices\.com\.cn))$/;
/** A token is valid for twelve hours; a function's environment lives shorter than the remaining time. */
const MARGIN_MS = 60 * 60_000;

/** Credentials for a registry; none for hosts other than ECR's. One token serves a whole region. Throws RegistryRefusal where ECR gives none. */
export function ecrCredentials(
  client: ECRClient,
  clock: Pick<Clock, 'now'>,
): (registry: string) => Promise<RegistryCredential[]> {
  let token: { username: string; password: string; until: number } | undefined;
  return async (registry) => {
    if (!ECR_HOST.test(registry)) return [];
    if (!token || token.until < clock.now().getTime()) token = await fetchToken(client);
    return token ? [{ registry, username: token.username, password: token.password }] : [];
  };
}

async function fetchToken(
  client: ECRClient,
): Promise<{ username: string; password: string; until: number } | undefined> {
  const answer = await orRefusal(client.send(new GetAuthorizationTokenCommand({})));
  if ('failure' in answer) throw new RegistryRefusal(answer.failure);
  const { authorizationData } = answer;
  const [given] = authorizationData ?? [];
  const pair = Buffer.from(given?.authorizationToken ?? '', 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (colon < 0) return undefined;
  return {
    username: pair.slice(0, colon),
    password: pair.slice(colon + 1),
    until: (given?.expiresAt?.getTime() ?? 0) - MARGIN_MS,
  };
}
