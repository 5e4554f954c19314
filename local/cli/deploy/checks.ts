// Checks of the account before anything is created. Each finding is one line, and says what to do where something is missing.
import type { Account } from '../../compose/aws-account.ts';

export interface Finding {
  /** `stop`: a deployment would fail. `make`: missing, will be created. `note`: works, with this limitation. */
  level: 'ok' | 'note' | 'make' | 'stop';
  what: 'credentials' | 'bootstrap' | 'ECS role' | 'Lambda concurrency' | 'Fargate quota';
  text: string;
}

/** The oldest bootstrap version that this CDK's assets and lookups work with. */
const OLDEST_BOOTSTRAP = 6;
/** An API's watches, syncs and steps run concurrently; a new account is limited to 10 until AWS raises it. */
const LITTLE_CONCURRENCY = 100;
/** From here on a quarter is set aside for streams, and can take no more than that. AWS keeps 100 for functions without a share. */
const MUCH_CONCURRENCY = 1_000;
const DEFAULT_VCPUS = 6;
const SMALLEST_POD_VCPUS = 0.25;

/** What was found, and what a deployment makes use of. */
interface Found {
  findings: Finding[];
  accountId: string;
  functionsAtOnce: number | undefined;
}

/** Every finding; without credentials nothing else is checked. A missing permission to look is a note, and the checks go on. */
export async function checkAccount(
  account: Account,
  capacity: 'on-demand' | 'spot',
): Promise<Found> {
  let accountId = '';
  let functionsAtOnce: number | undefined;
  const credentials = await account.identity().then(
    ({ account: id, arn }): Finding => {
      accountId = id;
      return {
        level: 'ok',
        what: 'credentials',
        text: `account ${id} in ${account.region}, as ${arn}`,
      };
    },
    (error: unknown): Finding => ({
      level: 'stop',
      what: 'credentials',
      text: `AWS does not know who calls (${reason(error)}): log in (aws configure, aws sso login, AWS_PROFILE), then run this again`,
    }),
  );
  if (credentials.level === 'stop') return { findings: [credentials], accountId, functionsAtOnce };
  const look = (what: Finding['what'], finding: Promise<Finding>): Promise<Finding> =>
    finding.catch((error: unknown) => ({
      level: 'note',
      what,
      text: `could not be looked at (${reason(error)})`,
    }));
  const rest = await Promise.all([
    look('bootstrap', bootstrap(account)),
    look('ECS role', ecsRole(account)),
    look(
      'Lambda concurrency',
      account.lambdaConcurrency().then((limit) => {
        functionsAtOnce = limit;
        return concurrency(limit);
      }),
    ),
    look('Fargate quota', vcpus(account, capacity)),
  ]);
  return { findings: [credentials, ...rest], accountId, functionsAtOnce };
}

async function bootstrap(account: Account): Promise<Finding> {
  const what = 'bootstrap';
  const version = await account.bootstrapVersion();
  if (version === undefined)
    return { level: 'make', what, text: `CDK's bootstrap stack is not in ${account.region} yet` };
  return version >= OLDEST_BOOTSTRAP
    ? { level: 'ok', what, text: `version ${version}` }
    : { level: 'make', what, text: `version ${version} is older than ${OLDEST_BOOTSTRAP}` };
}

async function ecsRole(account: Account): Promise<Finding> {
  const what = 'ECS role';
  return (await account.hasEcsRole())
    ? { level: 'ok', what, text: 'ECS has its service-linked role' }
    : { level: 'make', what, text: 'ECS has no service-linked role yet: no task could start' };
}

function concurrency(limit: number | undefined): Finding {
  const what = 'Lambda concurrency';
  if (limit === undefined || limit >= LITTLE_CONCURRENCY)
    return { level: 'ok', what, text: `${limit ?? 'unknown'} functions at once` };
  return {
    level: 'note',
    what,
    text: `${limit} functions at once: each open watch and log stream holds one; ask for more (Service Quotas, Lambda, "Concurrent executions")`,
  };
}

async function vcpus(account: Account, capacity: 'on-demand' | 'spot'): Promise<Finding> {
  const what = 'Fargate quota';
  const kind = capacity === 'spot' ? 'Fargate Spot' : 'Fargate';
  const limit = (await account.fargateVcpus(capacity)) ?? DEFAULT_VCPUS;
  const pods = Math.floor(limit / SMALLEST_POD_VCPUS);
  const text = `${limit} vCPUs of ${kind}, ${pods} of the smallest pods at once`;
  if (pods === 0)
    return { level: 'stop', what, text: `${text}: ask for more (Service Quotas, AWS Fargate)` };
  return { level: limit <= DEFAULT_VCPUS ? 'note' : 'ok', what, text };
}

/** How many streams may be open at once in an account with so many functions; undefined: too few to divide. */
export const shareOfStreams = (limit: number | undefined): string | undefined =>
  limit !== undefined && limit >= MUCH_CONCURRENCY ? String(Math.floor(limit / 4)) : undefined;

/** AWS's error message on one line. */
export function reason(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.replaceAll(/\s+/g, ' ').slice(0, 300);
}
