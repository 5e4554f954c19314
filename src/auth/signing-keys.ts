// The keys that sign service accounts' tokens: one record, which only the API and sync may read. The newest published key signs; all verify.
import { createHash, createPublicKey } from 'node:crypto';
import { exportJWK, generateKeyPair, importJWK } from 'jose';
import type { CryptoKey, JWK } from 'jose';
import { StoreConflict } from '../errors.ts';
import type { Json } from '../ports/json.ts';
import type { Ports } from '../ports/ports.ts';

/** Only the API's and sync's roles may read records under this prefix. */
const KEY_RECORD = 'key/service-accounts';

const DAY_MS = 24 * 3_600_000;
/** The age of the newest key at which another one is made. */
const ROTATE_MS = 90 * DAY_MS;
/** How long a key is only published before it signs, so that verifiers which cache the key set (its answer says one hour) know it. */
const PUBLISHED_MS = DAY_MS;
/** The age at which a key is forgotten; the tokens that it signed become invalid. */
const KEEP_MS = 3 * 365 * DAY_MS;
/** How soon another process's new key is seen. */
const READ_AGAIN_MS = 5 * 60_000;

type KeyPorts = Pick<Ports, 'store' | 'clock' | 'settings'>;

export interface SigningKey {
  id: string;
  algorithm: string;
  private: CryptoKey;
  public: CryptoKey;
  publicJwk: JWK;
  madeAt: number;
}

interface Kept {
  jwk: JWK;
  /** Epoch ms; 0 for a key of an earlier droppod, which did not record it. */
  madeAt: number;
}

const cached = new WeakMap<object, { keys: Promise<SigningKey[]>; readAt: number }>();

/** AWS IAM and every other verifier accepts RS256. Locally ES256: making an RSA key takes time that a first start would notice. */
const algorithmOf = ({ settings }: Pick<Ports, 'settings'>): 'RS256' | 'ES256' =>
  settings.mode === 'aws' ? 'RS256' : 'ES256';

/** All keys that verify, oldest first; the first call in an installation makes a key, later ones rotate them. */
export function signingKeys(ports: KeyPorts): Promise<SigningKey[]> {
  const now = ports.clock.now().getTime();
  const known = cached.get(ports.store);
  if (known !== undefined && now - known.readAt < READ_AGAIN_MS) return known.keys;
  const keys = load(ports);
  cached.set(ports.store, { keys, readAt: now });
  keys.catch(() => cached.delete(ports.store));
  return keys;
}

/** The key that signs now. */
export async function currentKey(ports: KeyPorts): Promise<SigningKey> {
  const keys = await signingKeys(ports);
  const now = ports.clock.now().getTime();
  const key = keys.findLast(({ madeAt }) => now - madeAt >= PUBLISHED_MS) ?? keys[0];
  if (key === undefined) throw new Error('there is no signing key');
  return key;
}

/** In Kubernetes' order of members. */
export async function publicKeys(ports: KeyPorts): Promise<{ keys: JWK[] }> {
  return { keys: (await signingKeys(ports)).map(({ publicJwk }) => publicJwk) };
}

async function load(ports: KeyPorts): Promise<SigningKey[]> {
  const record = await ports.store.getRecord(KEY_RECORD);
  const kept = keptIn(record?.value);
  const now = ports.clock.now().getTime();
  const newest = kept.at(-1);
  const isDue =
    newest === undefined ||
    newest.jwk.alg !== algorithmOf(ports) ||
    (newest.madeAt > 0 && now - newest.madeAt >= ROTATE_MS);
  if (!isDue) return Promise.all(kept.map(imported));
  const next = [
    ...kept.filter(({ madeAt }) => madeAt === 0 || now - madeAt < KEEP_MS),
    { jwk: await makeKey(algorithmOf(ports)), madeAt: now },
  ];
  try {
    await ports.store.commit({
      records: [
        {
          key: KEY_RECORD,
          value: { keys: next } as unknown as Json,
          expected: record?.revision ?? 0,
        },
      ],
    });
  } catch (error) {
    // Another process wrote first: its key counts.
    if (!(error instanceof StoreConflict)) throw error;
    return load(ports);
  }
  return Promise.all(next.map(imported));
}

/** A record from before rotation holds one key. */
function keptIn(value: Json | undefined): Kept[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  const { keys } = value;
  return Array.isArray(keys)
    ? (keys as unknown as Kept[])
    : [{ jwk: value as unknown as JWK, madeAt: 0 }];
}

async function makeKey(algorithm: 'RS256' | 'ES256'): Promise<JWK> {
  const pair = await generateKeyPair(algorithm, { extractable: true, modulusLength: 2048 });
  const jwk = await exportJWK(pair.privateKey);
  return { ...jwk, kid: idOf(jwk), alg: algorithm, use: 'sig' };
}

/** Kubernetes' key id: the digest of the public part. */
function idOf(jwk: JWK): string {
  const key = createPublicKey({ key: publicPart(jwk) as never, format: 'jwk' });
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
}

const PUBLIC_MEMBERS = ['use', 'kty', 'kid', 'crv', 'alg', 'n', 'e', 'x', 'y'] as const;

const publicPart = (jwk: JWK): JWK =>
  Object.fromEntries(
    PUBLIC_MEMBERS.flatMap((name) => (jwk[name] === undefined ? [] : [[name, jwk[name]]])),
  );

async function imported({ jwk, madeAt }: Kept): Promise<SigningKey> {
  const algorithm = jwk.alg ?? 'ES256';
  const publicJwk = publicPart(jwk);
  const [privateKey, publicKey] = await Promise.all([
    importJWK(jwk, algorithm),
    importJWK(publicJwk, algorithm),
  ]);
  if (privateKey instanceof Uint8Array || publicKey instanceof Uint8Array)
    throw new Error('the signing key is not an asymmetric key');
  return {
    id: jwk.kid ?? '',
    algorithm,
    private: privateKey,
    public: publicKey,
    publicJwk,
    madeAt,
  };
}
