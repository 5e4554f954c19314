// Tokens of service accounts: signed JWTs, bound to audiences and to a pod; they become invalid with the object that they are bound to.
import { wholeSeconds } from '../kinds/time.ts';
import { SignJWT, jwtVerify } from 'jose';
import type { JWTPayload } from 'jose';
import { later } from '../later.ts';
import type { Ports } from '../ports/ports.ts';
import { present } from '../present.ts';
import { currentKey, signingKeys } from './signing-keys.ts';
import type { SigningKey } from './signing-keys.ts';
import type { User } from './user.ts';

type KeyPorts = Pick<Ports, 'store'>;

export interface TokenRequest {
  namespace: string;
  serviceAccount: { name: string; uid: string };
  pod?: { name: string; uid: string; nodeName?: string };
  /** Empty: the API itself. */
  audiences: string[];
  expirationSeconds: number;
}

const clusterName = ({ settings }: Pick<Ports, 'settings'>): string =>
  `https://kubernetes.default.svc.${settings.clusterDomain}`;

/** The URL under which whoever verifies a token finds the keys: AWS IAM on AWS, pods in local mode (its port may be another one day). */
export function issuerOf(ports: Pick<Ports, 'settings'>): string {
  const { mode, apiHost, apiPort, issuer } = ports.settings;
  if (mode === 'local') return new URL(`https://${apiHost}:${apiPort}`).origin;
  return issuer ?? (apiHost === '' ? clusterName(ports) : `https://${apiHost}`);
}

/** The audience of tokens for the API itself. */
export const ownAudience = (ports: Pick<Ports, 'settings'>): string =>
  ports.settings.mode === 'local' ? clusterName(ports) : issuerOf(ports);

/** The audiences that the API accepts. */
export const apiAudiences = (ports: Pick<Ports, 'settings'>): string[] => [
  ...new Set([issuerOf(ports), clusterName(ports)]),
];

/** Signs a token; the caller has checked that the account (and the pod) exist. */
export async function issueToken(
  ports: Pick<Ports, 'store' | 'clock' | 'ids' | 'settings'>,
  request: TokenRequest,
): Promise<{ token: string; expirationTimestamp: string }> {
  const key = await currentKey(ports);
  const now = Math.floor(ports.clock.now().getTime() / 1000);
  const expires = now + request.expirationSeconds;
  const { namespace, serviceAccount, pod } = request;
  const bound = present({
    pod: pod && { name: pod.name, uid: pod.uid },
    node: pod?.nodeName ? await nodeOf(ports, pod.nodeName) : undefined,
  });
  const claims = { 'kubernetes.io': { namespace, ...bound, serviceaccount: serviceAccount } };
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: key.algorithm, kid: key.id })
    .setIssuer(issuerOf(ports))
    .setSubject(`system:serviceaccount:${namespace}:${serviceAccount.name}`)
    .setAudience(request.audiences.length > 0 ? request.audiences : [ownAudience(ports)])
    .setIssuedAt(now)
    .setNotBefore(now)
    .setExpirationTime(expires)
    .setJti(ports.ids.uuid())
    .sign(key.private);
  return {
    token,
    expirationTimestamp: wholeSeconds(later(new Date(0), expires)),
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

/** The token's user; undefined where it is not ours, has expired, has another audience, or its account or pod is gone. */
export async function verifyToken(
  ports: Pick<Ports, 'store' | 'clock' | 'settings'>,
  token: string,
  audiences?: string[],
): Promise<User | undefined> {
  if (token.split('.').length !== 3) return undefined;
  const keys = await signingKeys(ports);
  let payload: JWTPayload;
  try {
    ({ payload } = await jwtVerify(token, ({ kid }) => keyNamed(keys, kid).public, {
      // In local mode the issuer's port may have been another; the signature is ours either way.
      ...(ports.settings.mode === 'local' ? {} : { issuer: apiAudiences(ports) }),
      audience: audiences ?? apiAudiences(ports),
      currentDate: ports.clock.now(),
      algorithms: [...new Set(keys.map(({ algorithm }) => algorithm))],
    }));
  } catch {
    // Whatever is wrong with the token, it names no user.
    return undefined;
  }
  const claims = payload['kubernetes.io'] as BoundClaims | undefined;
  if (claims === undefined || !(await stillThere(ports, claims))) return undefined;
  return userOf(claims, payload.jti);
}

/** Throws for an unknown key id: the token is then not valid. */
function keyNamed(keys: readonly SigningKey[], id: string | undefined): SigningKey {
  const key = keys.find((candidate) => candidate.id === id);
  if (key === undefined) throw new Error('no key of ours');
  return key;
}

async function stillThere(
  { store }: KeyPorts,
  { namespace, serviceaccount, pod }: BoundClaims,
): Promise<boolean> {
  const [account, bound] = await Promise.all([
    store.get({ resource: 'serviceaccounts', namespace, name: serviceaccount.name }),
    pod && store.get({ resource: 'pods', namespace, name: pod.name }),
  ]);
  return account?.metadata.uid === serviceaccount.uid && bound?.metadata.uid === pod?.uid;
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
