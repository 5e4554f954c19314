// Credentials of a pod's imagePullSecrets (credentialprovider/keyring.go), in the order of the spec.
import type { Pod, Secret } from '../kinds/pod.ts';
import { mapOf, own } from '../own.ts';
import type { RegistryCredential } from '../ports/images.ts';
import type { Ports } from '../ports/ports.ts';

const KEYS: Record<string, string> = {
  'kubernetes.io/dockerconfigjson': '.dockerconfigjson',
  'kubernetes.io/dockercfg': '.dockercfg',
};

/** All credentials of the pod's pull secrets; `missing` names the secrets that could not be read. */
export async function pullCredentials(
  { store }: Pick<Ports, 'store'>,
  pod: Pod,
): Promise<{ credentials: RegistryCredential[]; missing: string[] }> {
  const names = (pod.spec.imagePullSecrets ?? []).flatMap(({ name }) => (name ? [name] : []));
  const namespace = pod.metadata.namespace ?? 'default';
  const secrets = await Promise.all(
    names.map((name) => store.get({ resource: 'secrets', namespace, name })),
  );
  return {
    credentials: secrets.flatMap((secret) =>
      secret ? parseSecret(secret as unknown as Secret) : [],
    ),
    missing: names.filter((_, index) => secrets[index] === undefined),
  };
}

/** The credentials in one pull secret; unreadable content counts as none. */
export function parseSecret(secret: Secret): RegistryCredential[] {
  const text = own(secret.data, own(KEYS, secret.type ?? '') ?? '');
  if (text === undefined) return [];
  const config = parseJson(Buffer.from(text, 'base64').toString());
  const auths = secret.type === 'kubernetes.io/dockercfg' ? config : mapOf(config)['auths'];
  return Object.entries(mapOf(auths)).flatMap(([registry, entry]) =>
    credential(registry, mapOf(entry)),
  );
}

function credential(registry: string, entry: Record<string, unknown>): RegistryCredential[] {
  const { auth, username, password } = entry;
  if (typeof username === 'string' && typeof password === 'string' && username !== '')
    return [{ registry, username, password }];
  if (typeof auth !== 'string') return [];
  const decoded = Buffer.from(auth, 'base64').toString();
  const colon = decoded.indexOf(':');
  return colon < 0
    ? []
    : [{ registry, username: decoded.slice(0, colon), password: decoded.slice(colon + 1) }];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
