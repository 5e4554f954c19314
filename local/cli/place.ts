// Where an installation lives: its data directory and the small files by which other commands find it.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { absent } from '../absent.ts';

/** A refusal of the command: printed as one line on stderr, with an exit code. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(
    message: string,
    readonly exitCode = 1,
  ) {
    super(message);
  }
}

export interface Place {
  directory: string;
  kubeconfig: string;
  env: string;
  pid: string;
  log: string;
}

/** The files of the installation in `directory` (default `.droppod` in the working directory). */
export function placeOf(directory: string | undefined): Place {
  const root = resolve(directory ?? '.droppod');
  return {
    directory: root,
    kubeconfig: join(root, 'kubeconfig'),
    env: join(root, 'env'),
    pid: join(root, 'pid'),
    log: join(root, 'log'),
  };
}

export interface Access {
  server: string;
  /** PEM. */
  ca: string;
  token: string;
  awsEndpoint: string;
  accessKey: { accessKeyId: string; secretAccessKey: string };
}

/** Writes kubeconfig and env, readable only by their owner because they hold the admin token. */
export function writeAccess(place: Place, access: Access): void {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'droppod',
        cluster: {
          server: access.server,
          'certificate-authority-data': Buffer.from(access.ca).toString('base64'),
        },
      },
    ],
    users: [{ name: 'admin', user: { token: access.token } }],
    contexts: [
      { name: 'droppod', context: { cluster: 'droppod', user: 'admin', namespace: 'default' } },
    ],
    'current-context': 'droppod',
  };
  writeFileSync(place.kubeconfig, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  const lines = [
    `export KUBECONFIG=${quote(place.kubeconfig)}`,
    `export AWS_ENDPOINT_URL=${quote(access.awsEndpoint)}`,
    `export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=${quote(access.accessKey.accessKeyId)} AWS_SECRET_ACCESS_KEY=${quote(access.accessKey.secretAccessKey)}`,
  ];
  writeFileSync(place.env, `${lines.join('\n')}\n`, { mode: 0o600 });
}

function quote(text: string): string {
  return /^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Reads a kubeconfig written by writeAccess; undefined: there is none. */
export function readAccess(place: Place): Pick<Access, 'server' | 'ca' | 'token'> | undefined {
  let text: string;
  try {
    text = readFileSync(place.kubeconfig, 'utf8');
  } catch (error) {
    return absent(error);
  }
  const config = parsed(text) as
    | {
        clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
        users: { user: { token: string } }[];
      }
    | undefined;
  const cluster = config?.clusters[0]?.cluster;
  const token = config?.users[0]?.user.token;
  if (!cluster || !token) return undefined;
  return {
    server: cluster.server,
    ca: Buffer.from(cluster['certificate-authority-data'], 'base64').toString(),
    token,
  };
}

/** undefined: not JSON. The next start rewrites it. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The living process that serves this place, if any. A pid file whose process is gone or is another program does not count. */
export function servingPid(place: Place): number | undefined {
  let pid: number;
  try {
    pid = Number(readFileSync(place.pid, 'utf8').trim());
    if (!Number.isInteger(pid) || pid <= 1) return undefined;
    process.kill(pid, 0);
  } catch {
    // No file, no process, or a process of somebody else: nothing serves here.
    return undefined;
  }
  return isDroppod(pid) ? pid : undefined;
}

function isDroppod(pid: number): boolean {
  try {
    return /local\/cli\/(start\.mjs|main\.ts)/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return true; // No /proc here: the result of the signal has to suffice.
  }
}

export function writePid(place: Place): void {
  writeFileSync(place.pid, `${process.pid}\n`, { mode: 0o600 });
}

export function removePid(place: Place): void {
  rmSync(place.pid, { force: true });
}
