// A pull that a registry refused or did not answer, in the runtime's words (containerd), which Kubernetes shows.
import { shownName } from './reference.ts';
import type { Reference } from './reference.ts';

/** The image cannot be pulled: the message is for the pod's status. */
export class RegistryRefusal extends Error {
  override readonly name = 'RegistryRefusal';
}

const DENIED = 'pull access denied, repository does not exist or may require authorization';

const refusal = (reference: Reference, text: string, code = 'Unknown'): RegistryRefusal => {
  const name = shownName(reference);
  return new RegistryRefusal(
    `rpc error: code = ${code} desc = failed to pull and unpack image "${name}": failed to resolve reference "${name}": ${text}`,
  );
};

/** The registry answered with an error status. */
export function refusedStatus(
  reference: Reference,
  url: string,
  status: number,
  statusText: string,
): RegistryRefusal {
  if (status === 404) return refusal(reference, `${shownName(reference)}: not found`, 'NotFound');
  return refusal(
    reference,
    `unexpected status from HEAD request to ${url}: ${status} ${statusText}`.trim(),
  );
}

/** The registry has the named content but does not serve it; `words`: its own message. */
export function refusedRead(
  reference: Reference,
  url: string,
  status: string,
  words: string,
): RegistryRefusal {
  const said = words === '' ? '' : ` - Server message: ${words}`;
  return new RegistryRefusal(
    `rpc error: code = Unknown desc = failed to pull and unpack image "${shownName(reference)}": failed to copy: httpReadSeeker: failed open: unexpected status code ${url}: ${status}${said}`,
  );
}

/** The registry requires a password, and the pod has none for it. */
export const refusedWithoutPassword = (reference: Reference): RegistryRefusal =>
  refusal(reference, `${DENIED}: authorization failed: no basic auth credentials`);

/** The registry gave a token that does not cover this repository. */
export const refusedToken = (reference: Reference): RegistryRefusal =>
  refusal(reference, `${DENIED}: server message: insufficient_scope: authorization failed`);

/** The token service gave no token. */
export const refusedLogin = (
  reference: Reference,
  kind: 'anonymous' | 'oauth',
  status: number,
  statusText: string,
): RegistryRefusal =>
  refusal(
    reference,
    `failed to authorize: failed to fetch ${kind} token: unexpected status: ${status} ${statusText}`.trim(),
  );

/** Content other than requested, or of a kind that no runtime accepts. */
export const refusedContent = (reference: Reference, text: string): RegistryRefusal =>
  refusal(reference, text);

/** No answer at all, or one that does not end. */
export function unreachable(
  reference: Reference,
  url: string,
  error: unknown,
  verb: 'Head' | 'Get',
): RegistryRefusal {
  return refusal(
    reference,
    `failed to do request: ${verb} "${url}": ${connectionText(error, new URL(url).hostname)}`,
  );
}

function connectionText(error: unknown, host: string): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError' || error.name === 'AbortError')
    return 'context deadline exceeded';
  // fetch hides the socket's error in `cause`; for several addresses it is an aggregate with the code of the first.
  const cause: unknown = error.cause ?? error;
  const { code, address, port, message } = cause as {
    code?: string;
    address?: string;
    port?: number;
    message?: string;
  };
  if (code === 'ECONNREFUSED')
    return `dial tcp ${address ?? host}${port === undefined ? '' : `:${port}`}: connect: connection refused`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `dial tcp: lookup ${host}: no such host`;
  if (code === 'ETIMEDOUT' || code === 'UND_ERR_CONNECT_TIMEOUT')
    return `dial tcp: lookup ${host}: i/o timeout`;
  return message ?? error.message;
}
