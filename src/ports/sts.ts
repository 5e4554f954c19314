// AWS' own word on who signed a request.

/** Who signed a request, as STS says. */
export interface CallerIdentity {
  arn: string;
  account: string;
  userId: string;
}

/** STS, asked with a request that a caller has signed. */
export interface Sts {
  /**
   * Sends the presigned GetCallerIdentity with these headers and follows no redirect. `refused`: STS does not take it, by status and code.
   * Throws Unavailable where STS is throttled or does not answer.
   */
  callerIdentity(
    url: string,
    headers: Record<string, string>,
  ): Promise<CallerIdentity | { refused: string }>;
}
