// STS over plain HTTP: the caller signed the request, so no SDK client can send it.
import { Unavailable } from '../errors.ts';
import type { CallerIdentity, Sts } from '../ports/sts.ts';
import { own } from '../own.ts';
import { readWithin } from '../read-within.ts';

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 64 * 1024;

export interface StsOptions {
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** An STS endpoint other than AWS' (an emulator): the request is sent there unchanged. */
  endpoint?: string;
}

/** STS behind the endpoint in the caller's URL. */
export const awsSts = ({ fetch, endpoint }: StsOptions): Sts => ({
  async callerIdentity(url, headers) {
    const response = await fetch(endpoint === undefined ? url : elsewhere(url, endpoint), {
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((error: unknown) => {
      // Without a cause: an error of fetch may contain the URL, which is a credential.
      throw new Unavailable(`STS did not answer: ${error instanceof Error ? error.name : 'fault'}`);
    });
    const text = await bodyOf(response);
    if (response.status === 200) return identityIn(text);
    const code = codeIn(text);
    if (response.status >= 500 || response.status === 429 || text.includes('Throttling'))
      throw new Unavailable(`STS answered ${response.status} ${code}`);
    return { refused: `${response.status} ${code}` };
  },
});

function elsewhere(url: string, endpoint: string): string {
  return `${endpoint.replace(/\/+$/, '')}${url.slice(url.indexOf('/', 'https://'.length))}`;
}

async function bodyOf(response: Response): Promise<string> {
  // A response that breaks off or is too long identifies nobody.
  const bytes = await readWithin(response, MAX_BYTES).catch(() => undefined);
  return bytes === undefined ? '' : Buffer.from(bytes).toString('utf8');
}

/** The members of a text that is not JSON: AWS replies in the requested format, emulators only in XML. */
const xmlMember = (text: string, name: string): string | undefined =>
  new RegExp(`<${name}>([^<>&]+)</${name}>`).exec(text)?.[1];

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Only the code: the message for a wrong signature repeats what was signed. */
function codeIn(text: string): string {
  const { Error: error } = (parsed(text) ?? {}) as { Error?: { Code?: unknown } };
  const code = error?.Code ?? xmlMember(text, 'Code');
  return typeof code === 'string' && /^\w{1,64}$/.test(code) ? code : '';
}

function identityIn(text: string): CallerIdentity {
  const { GetCallerIdentityResponse: answer } = (parsed(text) ?? {}) as {
    GetCallerIdentityResponse?: { GetCallerIdentityResult?: Record<string, unknown> };
  };
  const member = (name: string): unknown =>
    answer === undefined ? xmlMember(text, name) : own(answer.GetCallerIdentityResult, name);
  const [arn, account, userId] = [member('Arn'), member('Account'), member('UserId')];
  if (typeof arn !== 'string' || typeof account !== 'string' || typeof userId !== 'string')
    throw new Unavailable('STS answered something else than an identity');
  return { arn, account, userId };
}
