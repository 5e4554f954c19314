// Signature Version 4, checked as AWS checks it: only the owner of the installation's access key may call the AWS port.
import { timingSafeEqual } from 'node:crypto';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { AwsError } from './protocol.ts';

export interface AccessKey {
  accessKeyId: string;
  secretAccessKey: string;
}

/** The content of an Authorization header with a known key and a recent date; its signature is not checked yet. */
export interface Authorization {
  signedAt: Date;
  region: string;
  service: string;
  signedHeaders: ReadonlySet<string>;
  signature: string;
}

/** AWS's tolerance for a request's date. */
const SKEW_MS = 5 * 60 * 1000;

const ALGORITHM = 'AWS4-HMAC-SHA256';
const TERMINATOR = 'aws4_request';

/** Parses the header and checks what needs no body, in AWS's order and words; throws AwsError. */
export function readAuthorization(headers: Headers, key: AccessKey, now: Date): Authorization {
  const header = headers.get('authorization') ?? '';
  if (!header.startsWith('AWS4-'))
    throw new AwsError(
      'MissingAuthenticationTokenException',
      'Request is missing Authentication Token',
    );
  const [algorithm = '', ...rest] = header.split(/,\s*|\s+/);
  const date = headers.get('x-amz-date') ?? '';
  const parts = completeParts(algorithm, rest, date);
  const [accessKeyId = '', day, region = '', service = '', terminator] =
    parts.Credential.split('/');
  if (terminator !== TERMINATOR)
    throw invalid(
      `Credential should be scoped with a valid terminator: '${TERMINATOR}', not '${terminator ?? ''}'.`,
    );
  if (day !== date.slice(0, 8))
    throw invalid(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${day ?? ''}' != '${date.slice(0, 8)}', from '${date}'.`,
    );
  if (!sameText(accessKeyId, key.accessKeyId))
    throw new AwsError(
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    );
  const signedAt = recent(date, now);
  const signedHeaders = new Set(parts.SignedHeaders.toLowerCase().split(';'));
  const unsigned = [...headers.keys()].find(
    (name) => (name === 'host' || name.startsWith('x-amz-')) && !signedHeaders.has(name),
  );
  if (unsigned !== undefined)
    throw invalid(`'${unsigned}' must be a 'SignedHeader' in the AWS Authorization.`);
  return { signedAt, region, service, signedHeaders, signature: parts.Signature };
}

/** Throws AwsError unless the key's owner signed exactly this request. */
export async function checkSignature(
  key: AccessKey,
  authorization: Authorization,
  request: Pick<Request, 'method' | 'url' | 'headers'>,
  body: Uint8Array,
): Promise<void> {
  const { signedAt, region, service, signedHeaders, signature } = authorization;
  const { pathname, protocol, hostname, searchParams } = new URL(request.url);
  const headers = Object.fromEntries(
    [...request.headers].filter(([name]) => signedHeaders.has(name)),
  );
  // The signer trusts this header, so it is replaced by the hash of the body that was really sent.
  if ('x-amz-content-sha256' in headers) headers['x-amz-content-sha256'] = await sha256(body);
  const query = Object.fromEntries(
    [...new Set(searchParams.keys())].map((name) => [name, searchParams.getAll(name)]),
  );
  const signer = new SignatureV4({
    credentials: key,
    region,
    service,
    sha256: Sha256,
    applyChecksum: false,
  });
  const signed = await signer.sign(
    { method: request.method, protocol, hostname, path: pathname, query, headers, body },
    { signingDate: signedAt, signableHeaders: new Set(signedHeaders) },
  );
  const expected = /Signature=([0-9a-f]+)/.exec(signed.headers['authorization'] ?? '')?.[1] ?? '';
  if (expected === '' || !sameText(signature, expected)) {
    throw invalid(
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    );
  }
}

type Parts = Record<'Credential' | 'SignedHeaders' | 'Signature', string>;

function completeParts(algorithm: string, pairs: string[], date: string): Parts {
  if (algorithm !== ALGORITHM) throw incomplete(`Unsupported AWS 'algorithm': '${algorithm}'.`);
  const found = new Map(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
  const parts: Parts = {
    Credential: found.get('Credential') ?? '',
    SignedHeaders: found.get('SignedHeaders') ?? '',
    Signature: found.get('Signature') ?? '',
  };
  const missing = Object.entries(parts)
    .filter(([, value]) => value === '')
    .map(([name]) => `Authorization header requires '${name}' parameter.`);
  if (!/^\d{8}T\d{6}Z$/.test(date))
    missing.push(
      "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    );
  if (missing.length > 0) throw incomplete(missing.join(' '));
  return parts;
}

function recent(date: string, now: Date): Date {
  const signedAt = new Date(
    date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
  );
  const late = now.getTime() - signedAt.getTime();
  if (Number.isNaN(late))
    throw incomplete(`Date must be in ISO-8601 'basic format'. Got '${date}'.`);
  const bound = (ms: number): string =>
    `${basic(new Date(now.getTime() + ms))} (${basic(now)} ${ms < 0 ? '-' : '+'} ${SKEW_MS / 60_000} min.)`;
  if (late > SKEW_MS)
    throw invalid(`Signature expired: ${date} is now earlier than ${bound(-SKEW_MS)}`);
  if (late < -SKEW_MS)
    throw invalid(`Signature not yet current: ${date} is still later than ${bound(SKEW_MS)}`);
  return signedAt;
}

const basic = (date: Date): string => `${date.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
const invalid = (message: string): AwsError => new AwsError('InvalidSignatureException', message);
const incomplete = (message: string): AwsError =>
  new AwsError('IncompleteSignatureException', message);

/** Compares in constant time. */
function sameText(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

async function sha256(body: Uint8Array): Promise<string> {
  const hash = new Sha256();
  hash.update(body);
  return Buffer.from(await hash.digest()).toString('hex');
}
