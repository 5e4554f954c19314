// Tokens of service accounts: signed JWTs, bound to audiences and to a pod; they die with what they are bound to.
import { SignJWT, exportJWK, generateKeyPair, importJWK, jwtVerify } from 'jose';
import type { CryptoKey, JWK, JWTPayload } from 'jose';
import { StoreConflict } from '../errors.ts';
import { later } from '../later.ts';
import type { Json } from '../ports/json.ts';
import type { Ports } from '../ports/ports.ts';
import { present } from '../present.ts';
import type { User } from './user.ts';

/** Only the API's and sync's roles may read records under this prefix. */
const KEY_RECORD = 'key/service-accounts';
const ALGORITHM = 'ES256';

type KeyPorts = Pick<Ports, 'store'>;

export interface TokenRequest {
  namespace: string;
  serviceAccount: { name: string; uid: string };
  pod?: { name: string; uid: string; nodeName?: string };
  /** Empty: the API itself. */
  audiences: string[];
  expirationSeconds: number;
}

interface SigningKey {
  id: string;
  private: CryptoKey;
  public: CryptoKey;
  publicJwk: JWK;
}

const cached = new WeakMap<object, Promise<SigningKey>>();

/** Issuer and default audience. */
export const issuerOf = ({ settings }: Pick<Ports, 'settings'>): string =>
  `https://kubernetes.default.svc.${settings.clusterDomain}`;

function signingKey(ports: KeyPorts): Promise<SigningKey> {
  const known = cached.get(ports.store);
  if (known !== undefined) return known;
  const loading = loadKey(ports);
  cached.set(ports.store, loading);
  loading.catch(() => cached.delete(ports.store));
  return loading;
}

async function loadKey({ store }: KeyPorts): Promise<SigningKey> {
  const record = await store.getRecord(KEY_RECORD);
  if (record === undefined) {
    await makeKey({ store });
    return loadKey({ store });
  }
  const jwk = record.value as JWK;
  const { d: _private, ...publicJwk } = jwk;
  const [privateKey, publicKey] = await Promise.all([
    importJWK(jwk, ALGORITHM),
    importJWK(publicJwk, ALGORITHM),
  ]);
  if (privateKey instanceof Uint8Array || publicKey instanceof Uint8Array)
    throw new Error('the signing key is not an asymmetric key');
  return { id: jwk.kid ?? '', private: privateKey, public: publicKey, publicJwk };
}

async function makeKey({ store }: KeyPorts): Promise<void> {
  const pair = await generateKeyPair(ALGORITHM, { extractable: true });
  const jwk = await exportJWK(pair.privateKey);
  const value: Json = {
    ...jwk,
    kid: `${jwk.x?.slice(0, 16) ?? ''}`,
    alg: ALGORITHM,
    use: 'sig',
  } as unknown as Json;
  try {
    await store.commit({ records: [{ key: KEY_RECORD, value, expected: 0 }] });
  } catch (error) {
    // Another process made it first: that one counts.
    if (!(error instanceof StoreConflict)) throw error;
  }
}

/** Public keys for `/openid/v1/jwks`. */
export async function publicKeys(ports: KeyPorts): Promise<{ keys: JWK[] }> {
  return { keys: [(await signingKey(ports)).publicJwk] };
}

/** Signs a token; the caller has checked that the account (and the pod) exist. */
export async function issueToken(
  ports: Pick<Ports, 'store' | 'clock' | 'ids' | 'settings'>,
  request: TokenRequest,
): Promise<{ token: string; expirationTimestamp: string }> {
  const key = await signingKey(ports);
  const now = Math.floor(ports.clock.now().getTime() / 1000);
  const expires = now + request.expirationSeconds;
  const { namespace, serviceAccount, pod } = request;
  const bound =
    pod === undefined
      ? {}
      : {
          pod: { name: pod.name, uid: pod.uid },
          ...present({ node: pod.nodeName ? await nodeOf(ports, pod.nodeName) : undefined }),
        };
  const claims = { 'kubernetes.io': { namespace, ...bound, serviceaccount: serviceAccount } };
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: ALGORITHM, kid: key.id })
    .setIssuer(issuerOf(ports))
    .setSubject(`system:serviceaccount:${namespace}:${serviceAccount.name}`)
    .setAudience(request.audiences.length > 0 ? request.audiences : [issuerOf(ports)])
    .setIssuedAt(now)
    .setNotBefore(now)
    .setExpirationTime(expires)
    .setJti(ports.ids.uuid())
    .sign(key.private);
  return {
    token,
    expirationTimestamp: later(new Date(0), expires)
      .toISOString()
      .replace(/\.\d+Z$/, 'Z'),
  };
}

async function nodeOf({ store }: KeyPorts, name: string): Promise<{ name: string; uid?: string }> {
  const uid = (await store.get({ resource: 'nodes', namespace: '', name }))?.metadata.uid;
  return { name, ...present({ uid: uid || undefined }) };
}

interface BoundClaims {
  namespace: string;
  serviceaccount: { name: string; uid: string };
  pod?: { name: string; uid: string };
  node?: { name: string; uid?: string };
}

/** The user a token stands for; undefined: not a token of ours, ended, for others, or its account or pod is gone. */
export async function verifyToken(
  ports: Pick<Ports, 'store' | 'clock' | 'settings'>,
  token: string,
  audiences?: string[],
): Promise<User | undefined> {
  if (token.split('.').length !== 3) return undefined;
  const key = await signingKey(ports);
  let payload: JWTPayload;
  try {
    ({ payload } = await jwtVerify(token, key.public, {
      issuer: issuerOf(ports),
      audience: audiences ?? [issuerOf(ports)],
      currentDate: ports.clock.now(),
      algorithms: [ALGORITHM],
    }));
  } catch {
    // Whatever is wrong with it, it names nobody.
    return undefined;
  }
  const claims = payload['kubernetes.io'] as BoundClaims | undefined;
  if (claims === undefined || !(await stillThere(ports, claims))) return undefined;
  return userOf(claims, payload.jti);
}

async function stillThere(
  { store }: KeyPorts,
  { namespace, serviceaccount, pod }: BoundClaims,
): Promise<boolean> {
  const account = await store.get({
    resource: 'serviceaccounts',
    namespace,
    name: serviceaccount.name,
  });
  if (account?.metadata.uid !== serviceaccount.uid) return false;
  return (
    pod === undefined ||
    (await store.get({ resource: 'pods', namespace, name: pod.name }))?.metadata.uid === pod.uid
  );
}

function userOf(
  { namespace, serviceaccount, pod, node }: BoundClaims,
  id: string | undefined,
): User {
  return {
    name: `system:serviceaccount:${namespace}:${serviceaccount.name}`,
    uid: serviceaccount.uid,
    groups: [
      'system:serviceaccounts',
      `system:serviceaccounts:${namespace}`,
      'system:authenticated',
    ],
    extra: {
      ...present({
        'authentication.kubernetes.io/credential-id': id ? [`JTI=${id}`] : undefined,
        'authentication.kubernetes.io/node-name': node ? [node.name] : undefined,
        'authentication.kubernetes.io/node-uid': node?.uid ? [node.uid] : undefined,
      }),
      ...(pod
        ? {
            'authentication.kubernetes.io/pod-name': [pod.name],
            'authentication.kubernetes.io/pod-uid': [pod.uid],
          }
        : {}),
    },
  };
}
