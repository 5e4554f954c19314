// The CDK command line of this repository, with its progress shown on the terminal.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const CDK = fileURLToPath(new URL('../../../node_modules/aws-cdk/bin/cdk', import.meta.url));

/** Runs `cdk` with these arguments in this repository; returns its exit code. */
export type Cdk = (args: string[]) => Promise<number>;

/** The real CDK, for a region. */
export const cdkIn =
  (region: string): Cdk =>
  (args) =>
    new Promise((resolve, reject) => {
      spawn(process.execPath, [CDK, ...args], {
        cwd: ROOT,
        stdio: ['ignore', 'inherit', 'inherit'],
        env: { ...process.env, AWS_REGION: region, AWS_DEFAULT_REGION: region },
      })
        .once('error', reject)
        .once('exit', (code) => resolve(code ?? 1));
    });
