// How late CloudWatch shows a line: a module of its own, since who knows it need not load the client.

/** The log driver collects lines for seconds, and CloudWatch shows them some time after it has taken them. */
export const LOGS_LATE_MS = 15_000;
