// Task tokens: they encode the place that waits, so none has to be stored apart from its thread.
/** The place that a token belongs to; the nonce distinguishes attempts. */
export interface TokenPlace {
  execution: string;
  thread: string;
  nonce: string;
}

/** An opaque text for the place. */
export function makeToken({ execution, thread, nonce }: TokenPlace): string {
  return Buffer.from(JSON.stringify([execution, thread, nonce])).toString('base64url');
}

/** The place that a token encodes; undefined: not one of these tokens. */
export function readToken(token: string): TokenPlace | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (
      !Array.isArray(parts) ||
      parts.length !== 3 ||
      parts.some((part) => typeof part !== 'string')
    )
      return undefined;
    const [execution, thread, nonce] = parts.map(String);
    return execution === undefined || thread === undefined || nonce === undefined
      ? undefined
      : { execution, thread, nonce };
  } catch {
    return undefined;
  }
}
