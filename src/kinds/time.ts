// Times as Kubernetes writes them (metav1.Time): RFC 3339 in UTC with whole seconds.

/** The time in UTC without a fraction of a second. */
export const wholeSeconds = (time: Date | string): string =>
  (typeof time === 'string' ? time : time.toISOString()).replace(/(\.\d+)?Z$/, 'Z');
