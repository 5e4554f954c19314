// Estimates what a verification costs at list prices (us-east-1, Linux x86, USD). Free tiers are ignored.

/** What a proof uses at most. */
export interface Uses {
  /** Of the smallest size. */
  pods?: number;
  /** How long each runs, in seconds. */
  podSeconds?: number;
  /** API requests, a tenth of a second each. */
  requests?: number;
  /** Seconds in which a watch or a followed log is open. */
  openSeconds?: number;
  /** Written to the table in addition to what pods write, in KiB. */
  writtenKiB?: number;
}

/** A quarter of a vCPU, half a GiB and a public address, by the second; a minute at least. */
const POD_SECOND = (0.25 * 0.04048 + 0.5 * 0.004445 + 0.005) / 3600;
const LEAST_POD_SECONDS = 60;
/** ECS also bills image pull and launch. */
const START_SECONDS = 30;
/** Transitions, functions and writes of a pod from start to end. */
const POD = 0.00052;
/** One invocation, and the API's GB for a second. */
const REQUEST = 0.2 / 1e6;
const API_SECOND = 0.0000166667;
const REQUEST_SECONDS = 0.1;
/** A write of an object writes its log entry too. */
const WRITTEN_KIB = (2 * 0.625) / 1e6;
/** Requests that poll one pod. */
const REQUESTS_OF_A_POD = 60;

/** In USD. */
export function costOf(uses: Uses): number {
  const { pods = 0, podSeconds = 0, requests = 0, openSeconds = 0, writtenKiB = 0 } = uses;
  const billedSeconds = Math.max(LEAST_POD_SECONDS, podSeconds + START_SECONDS);
  const asked = requests + pods * REQUESTS_OF_A_POD;
  return (
    pods * (billedSeconds * POD_SECOND + POD) +
    asked * (REQUEST + REQUEST_SECONDS * API_SECOND) +
    openSeconds * API_SECOND +
    writtenKiB * WRITTEN_KIB
  );
}

/** One line with the total cost and what it consists of. */
export function costLine(all: Uses[]): string {
  const total = all.reduce((sum, uses) => sum + costOf(uses), 0);
  const pods = all.reduce((sum, uses) => sum + (uses.pods ?? 0), 0);
  const seconds = all.reduce(
    (sum, { pods: many = 0, podSeconds = 0 }) =>
      sum + many * Math.max(LEAST_POD_SECONDS, podSeconds + START_SECONDS),
    0,
  );
  const requests = all.reduce(
    (sum, uses) => sum + (uses.requests ?? 0) + (uses.pods ?? 0) * REQUESTS_OF_A_POD,
    0,
  );
  return `about ${dollars(total)} at list prices: ${pods} pods of the smallest size for ${Math.ceil(seconds / 60)} minutes together, ${requests} requests`;
}

/** Rounded up: to a cent, or below one cent to a hundredth of a cent. */
export function dollars(amount: number): string {
  const unit = amount < 0.01 ? 10_000 : 100;
  return `$${(Math.ceil(amount * unit) / unit).toFixed(unit === 100 ? 2 : 4)}`;
}
