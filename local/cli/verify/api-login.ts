// Reads a kubeconfig as deployments write it: the address of the API, and a token that is renewed in time.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { Refusal } from '../place.ts';

export interface ApiLogin {
  server: string;
  /** PEM; '': the public ones. */
  ca: string;
  token(): Promise<string>;
}

interface ExecConfig {
  command: string;
  args?: string[];
  env?: { name: string; value: string }[];
}

interface Kubeconfig {
  clusters?: { cluster: { server: string; 'certificate-authority-data'?: string } }[];
  users?: { user: { token?: string; tokenFile?: string; exec?: ExecConfig } }[];
}

/** `aws eks get-token` calls for a new one after fourteen minutes. */
const RENEW_MS = 8 * 60_000;

/** Of a file with one cluster and one user. */
export function apiLogin(path: string, now: () => number): ApiLogin {
  const config = parse(readFileSync(path, 'utf8')) as Kubeconfig;
  const { cluster } = config.clusters?.[0] ?? {};
  const { user } = config.users?.[0] ?? {};
  if (cluster === undefined || user === undefined)
    throw new Refusal(`${path}: no cluster and user in it`);
  let known: { token: string; since: number } | undefined;
  return {
    server: cluster.server.replace(/\/$/, ''),
    ca: Buffer.from(cluster['certificate-authority-data'] ?? '', 'base64').toString(),
    token: async () => {
      if (user.token !== undefined) return user.token;
      if (user.tokenFile !== undefined) return readFileSync(user.tokenFile, 'utf8').trim();
      if (user.exec === undefined) throw new Refusal(`${path}: its user has no credential`);
      if (known === undefined || now() - known.since > RENEW_MS)
        known = { token: await tokenOf(user.exec), since: now() };
      return known.token;
    },
  };
}

async function tokenOf({ command, args = [], env = [] }: ExecConfig): Promise<string> {
  const variables = Object.fromEntries(env.map(({ name, value }) => [name, value]));
  const { stdout } = await promisify(execFile)(command, args, {
    env: { ...process.env, ...variables },
  }).catch((error: unknown) => {
    const { stderr = '', message = '' } = error as { stderr?: string; message?: string };
    throw new Refusal(`${command} gave no token: ${stderr.trim() || message}`);
  });
  const { status } = JSON.parse(stdout) as { status?: { token?: string } };
  if (!status?.token) throw new Refusal(`${command} gave no token`);
  return status.token;
}
