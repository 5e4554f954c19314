// AWS' answer to who signed a request.

/** Who signed a request, as STS says. */
export interface CallerIdentity {
  arn: string;
  account: string;
  userId: string;
}

/** STS, asked with a request that a caller has signed. */
export interface Sts {
  /**
   * Sends the presigned GetCallerIdentity with these headers, without following redirects. `refused`: STS rejects it, by status and code.
   * Throws Unavailable if STS throttles or does not respond.
   */
  callerIdentity(
    url: string,
    headers: Record<string, string>,
  ): Promise<CallerIdentity | { refused: string }>;
}
