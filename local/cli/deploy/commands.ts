// `deploy` and `destroy`, wired to this machine: the account, the CDK, the terminal.
import { createInterface } from 'node:readline/promises';
import { connectAccount, findRegion, type Account } from '../../compose/aws-account.ts';
import { find, type Say } from '../install.ts';
import { Refusal } from '../place.ts';
import { cdkIn } from './cdk.ts';
import type { DeployOptions } from './choices.ts';
import { deploy } from './deploy.ts';
import { destroy } from './destroy.ts';

const GET_MS = 10_000;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The account in this region, or in the one of environment and profile. */
export async function accountIn(region: string | undefined): Promise<Account> {
  const where = region ?? (await findRegion());
  if (where === undefined)
    throw new Refusal(
      'no region is set: say --region, or set AWS_REGION or the region of the profile',
      2,
    );
  return connectAccount(where);
}

/** Runs `droppod deploy` on this machine. */
export async function deployCommand(options: DeployOptions, out: Say, say: Say): Promise<void> {
  const account = await accountIn(options.region);
  await deploy(options, {
    account,
    cdk: cdkIn(account.region),
    get: async (url) => {
      const answer = await fetch(url, { signal: AbortSignal.timeout(GET_MS) });
      await answer.body?.cancel();
      return answer.status;
    },
    sleep,
    has: (program) => find(program) !== undefined,
    profile: process.env['AWS_PROFILE'],
    out,
    say,
  });
}

/** Runs `droppod destroy` on this machine. */
export async function destroyCommand(
  options: { region?: string; yes?: boolean },
  out: Say,
): Promise<void> {
  await destroy(options, { account: await accountIn(options.region), confirm, sleep, out });
}

/** Asks on the terminal; undefined: there is none. */
export async function confirm(question: string): Promise<boolean | undefined> {
  if (!process.stdin.isTTY) return undefined;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(question)).trim());
  } finally {
    terminal.close();
  }
}
