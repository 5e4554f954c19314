// Runs `verify-aws` on this machine: connects it to the account, the terminal and the kubeconfig.
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { connectEvidence } from '../../compose/aws-account.ts';
import { accountIn, confirm, deployCommand, destroyCommand } from '../deploy/commands.ts';
import { loginOf, writeKubeconfig } from '../deploy/kubeconfig.ts';
import type { Say } from '../install.ts';
import { placeOf } from '../place.ts';
import { ASSUMPTIONS } from './assumptions.ts';
import { apiLogin } from './api-login.ts';
import { verify, type VerifyOptions } from './verify.ts';

/** Runs `droppod verify-aws` and returns its exit code. */
export async function verifyCommand(options: VerifyOptions, out: Say, say: Say): Promise<number> {
  const account = await accountIn(options.region);
  const { region } = account;
  const now = (): number => Date.now();
  const isFine = await verify(options, {
    account,
    aws: connectEvidence(region),
    assumptions: ASSUMPTIONS,
    isAws: process.env['AWS_ENDPOINT_URL'] === undefined,
    confirm,
    deploy: () => deployCommand({ region }, out, say),
    destroy: () => destroyCommand({ region, yes: true }, out),
    login: ({ outputs }) => {
      if (options.kubeconfig !== undefined) return apiLogin(options.kubeconfig, now);
      const path = resolve(join(placeOf(undefined).directory, 'aws', 'kubeconfig'));
      writeKubeconfig(path, loginOf(outputs, region, process.env['AWS_PROFILE']));
      return apiLogin(path, now);
    },
    now,
    sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
    unique: () => randomBytes(4).toString('hex'),
    out,
  });
  return isFine ? 0 : 1;
}
