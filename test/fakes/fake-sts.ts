// STS, as far as GetCallerIdentity: it knows access keys, checks a presigned URL's signature and age, and responds in AWS's format.
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { Unavailable } from '../../src/errors.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { CallerIdentity, Sts } from '../../src/ports/sts.ts';

export interface AccessKey {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

interface Presigned {
  region: string;
  host: string;
  headers: Record<string, string>;
  signingDate: Date;
  expiresIn: number;
  query?: Record<string, string>;
  path?: string;
  method?: string;
}

const ACTION = { Action: 'GetCallerIdentity', Version: '2011-06-15' };

/** A presigned URL's query, by the SDK's own signer. */
async function presigned(
  key: AccessKey,
  {
    region,
    host,
    headers,
    signingDate,
    expiresIn,
    query = ACTION,
    path = '/',
    method = 'GET',
  }: Presigned,
): Promise<Record<string, string>> {
  const signer = new SignatureV4({ credentials: key, region, service: 'sts', sha256: Sha256 });
  const signed = await signer.presign(
    { method, protocol: 'https:', hostname: host, path, query, headers: { host, ...headers } },
    { signingDate, expiresIn },
  );
  return signed.query as Record<string, string>;
}

export interface TokenOptions extends Partial<Presigned> {
  clusterId?: string;
}

/** A token as `aws eks get-token` makes it: the header with the cluster's id is signed, and the URL is valid for a minute. */
export async function loginToken(
  key: AccessKey,
  options: TokenOptions & { signingDate: Date },
): Promise<string> {
  return `k8s-aws-v1.${Buffer.from(await loginUrl(key, options)).toString('base64url')}`;
}

/** The URL in such a token. */
export async function loginUrl(
  key: AccessKey,
  {
    clusterId = CLUSTER_ID,
    region = 'us-east-1',
    host = `sts.${region}.amazonaws.com`,
    headers,
    ...rest
  }: TokenOptions & { signingDate: Date },
): Promise<string> {
  const all = {
    region,
    host,
    headers: headers ?? { 'x-k8s-aws-id': clusterId },
    expiresIn: 60,
    ...rest,
  };
  const query = await presigned(key, all);
  return `https://${host}${all.path ?? '/'}?${Object.entries(query)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&')}`;
}

export const CLUSTER_ID = 'Droppod-000000000000-us-east-1';

/** AWS's tolerance for a date in the future, and the validity of a presigned GetCallerIdentity. */
const SKEW_MS = 5 * 60_000;
const LIFE_MS = 15 * 60_000;

export class FakeSts implements Sts {
  /** URLs that were requested, in order. */
  readonly asked: string[] = [];
  throttled = false;
  readonly #keys = new Map<string, { key: AccessKey; identity: CallerIdentity }>();

  constructor(private readonly clock: Pick<Clock, 'now'>) {}

  /** Registers the key's principal. */
  add(key: AccessKey, identity: CallerIdentity): void {
    this.#keys.set(key.accessKeyId, { key, identity });
  }

  async callerIdentity(
    url: string,
    headers: Record<string, string>,
  ): Promise<CallerIdentity | { refused: string }> {
    this.asked.push(url);
    if (this.throttled) throw new Unavailable('STS answered 400 Throttling');
    const { hostname, pathname, searchParams } = new URL(url);
    const value = (name: string): string => searchParams.get(name) ?? '';
    const [accessKeyId = '', , region = ''] = value('X-Amz-Credential').split('/');
    const known = this.#keys.get(accessKeyId);
    if (!known) return { refused: '403 InvalidClientTokenId' };
    const signingDate = new Date(
      value('X-Amz-Date').replace(
        /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
        '$1-$2-$3T$4:$5:$6Z',
      ),
    );
    const age = this.clock.now().getTime() - signingDate.getTime();
    if (!(age <= LIFE_MS && age >= -SKEW_MS)) return { refused: '403 SignatureDoesNotMatch' };
    const signed = value('X-Amz-SignedHeaders').split(';');
    const query = await presigned(known.key, {
      region,
      host: hostname,
      path: pathname,
      headers: Object.fromEntries(
        Object.entries(headers).filter(([name]) => signed.includes(name)),
      ),
      signingDate,
      expiresIn: Number(value('X-Amz-Expires')),
      query: Object.fromEntries([...searchParams].filter(([name]) => !name.startsWith('X-Amz-'))),
    });
    // The signer repeats the scope, the signed headers and the session token.
    return Object.entries(query).every(([name, expected]) => value(name) === expected)
      ? known.identity
      : { refused: '403 SignatureDoesNotMatch' };
  }
}
