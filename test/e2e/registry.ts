// A registry for tests: Debian's docker-registry on a free loopback port, with a password; installed by apt if missing.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { present } from '../../src/present.ts';

export interface TestRegistry {
  /** `127.0.0.1:port`, the first part of its images' names. */
  host: string;
  username: string;
  password: string;
  /** A request under /v2/ (or to a full address) with the password; any status is a result. */
  ask(
    method: string,
    path: string,
    options?: { body?: string; type?: string; accept?: string },
  ): Promise<Response>;
  /** Ends the process; the images stay for the next start on the same port. */
  stop(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

const PROGRAMS = ['docker-registry', 'htpasswd'];
const has = (program: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** Why no registry can be started here; undefined: it can. Installs Debian's packages as root. */
export function registryProblem(): string | undefined {
  if (PROGRAMS.every(has)) return undefined;
  if (process.getuid?.() !== 0 || !has('apt-get'))
    return 'docker-registry and htpasswd are missing and cannot be installed here (needs root and apt)';
  try {
    execFileSync('apt-get', ['install', '-y', '-qq', 'docker-registry', 'apache2-utils'], {
      stdio: 'ignore',
      timeout: 240_000,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  } catch (error) {
    return `apt-get could not install docker-registry: ${error instanceof Error ? error.message : String(error)}`;
  }
  return PROGRAMS.every(has) ? undefined : 'apt-get installed docker-registry, but it is not there';
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
      .once('error', reject)
      .listen(0, '127.0.0.1', () => {
        const address = server.address();
        server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
      });
  });
}

/** The package's own configuration listens on every interface: this one does not. */
const configuration = (directory: string, port: number): string => `version: 0.1
log: { level: error, accesslog: { disabled: true } }
storage: { filesystem: { rootdirectory: ${join(directory, 'images')} }, delete: { enabled: true } }
http: { addr: "127.0.0.1:${port}" }
auth: { htpasswd: { realm: test, path: ${join(directory, 'htpasswd')} } }
`;

/** Starts a registry that requires `username` and `password`. */
export async function startRegistry(
  username = 'droppod-test',
  password = 'correct:horse+battery/staple',
): Promise<TestRegistry> {
  const directory = mkdtempSync(join(tmpdir(), 'droppod-registry-'));
  const host = `127.0.0.1:${await freePort()}`;
  const config = join(directory, 'config.yml');
  writeFileSync(
    join(directory, 'htpasswd'),
    execFileSync('htpasswd', ['-Bbn', username, password]),
  );
  writeFileSync(config, configuration(directory, Number(host.split(':')[1])));
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  let child: ChildProcess | undefined;
  const ask: TestRegistry['ask'] = (method, path, { body, type, accept } = {}) => {
    const headers = {
      authorization,
      ...present({ 'content-type': type || undefined, accept: accept || undefined }),
    };
    return fetch(path.startsWith('http') ? path : `http://${host}/v2/${path}`, {
      method,
      headers,
      ...present({ body }),
    });
  };
  const registry: TestRegistry = {
    host,
    username,
    password,
    ask,
    start: async () => {
      child = spawn('docker-registry', ['serve', config], { stdio: 'ignore' });
      await untilUp(ask);
    },
    stop: () =>
      new Promise((resolve) => {
        if (!child || child.exitCode !== null) return resolve();
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      }),
    remove: async () => {
      await registry.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  await registry.start();
  return registry;
}

async function untilUp(ask: TestRegistry['ask']): Promise<void> {
  for (let tries = 0; tries < 1_200; tries += 1) {
    const up = await ask('GET', '').then(
      ({ ok }) => ok,
      () => false,
    );
    if (up) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('docker-registry did not answer within a minute');
}
