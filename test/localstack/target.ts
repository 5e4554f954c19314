// The LocalStack-compatible target: MiniStack at the versions of requirements.txt, as a process of its own, or whatever runs at
// DROPPOD_LOCALSTACK_ENDPOINT.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ensurePip, type Say } from '../../local/cli/install.ts';

const run = promisify(execFile);
const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url));
const CACHE = fileURLToPath(new URL('../../build/ministack', import.meta.url));
const INSTALL_MS = 180_000;
const START_SECONDS = 60;

export interface Target {
  endpoint: string;
  /** Whether it is the user's own, which keeps running. */
  outlives: boolean;
  /** Stops what was started. */
  close(): Promise<void>;
}

/** A running target. Throws if there is none: nothing is skipped silently. */
export async function openTarget(directory: string, say: Say): Promise<Target> {
  const given = process.env['DROPPOD_LOCALSTACK_ENDPOINT']?.replace(/\/+$/, '');
  if (given) {
    if (!(await answers(given)))
      throw new Error(`DROPPOD_LOCALSTACK_ENDPOINT is ${given}, and nothing answers there`);
    return {
      endpoint: given,
      outlives: true,
      close: () => Promise.resolve(),
    };
  }
  return startMiniStack(await installed(say), directory);
}

/** The folder of its packages, installed once per content of requirements.txt. */
async function installed(say: Say): Promise<string> {
  const hash = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 16);
  const folder = join(CACHE, hash);
  if (existsSync(folder)) return folder;
  say('installing MiniStack with pip (once) …');
  await ensurePip(say);
  mkdirSync(CACHE, { recursive: true });
  // Several processes may install concurrently: each into its own folder, and the rename is atomic.
  const own = `${folder}.${process.pid}`;
  const words = ['-m', 'pip', 'install', '--quiet', '--require-hashes', '--only-binary', ':all:'];
  try {
    await run('python3', [...words, '--target', own, '-r', REQUIREMENTS], {
      timeout: INSTALL_MS,
      maxBuffer: 1 << 24,
    });
  } catch (cause) {
    rmSync(own, { recursive: true, force: true });
    throw new Error(
      'MiniStack could not be installed with pip (DROPPOD_LOCALSTACK_ENDPOINT takes a LocalStack of your own)',
      { cause },
    );
  }
  try {
    renameSync(own, folder);
  } catch (error) {
    rmSync(own, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

async function startMiniStack(packages: string, directory: string): Promise<Target> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const logFile = join(directory, 'ministack.log');
  const scratch = join(directory, 'ministack');
  mkdirSync(scratch, { recursive: true });
  // Functions run below it: their scripts must not count as modules of this repository.
  writeFileSync(join(scratch, 'package.json'), '{}');
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn('python3', ['-m', 'ministack'], {
    cwd: scratch,
    stdio: ['ignore', log, log],
    // A group of its own, with the processes of its functions.
    detached: true,
    env: {
      ...process.env,
      PYTHONPATH: packages,
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      TMPDIR: scratch,
      STATE_DIR: join(scratch, 'state'),
      // Tasks run on droppod's own engine: the target must not use Docker.
      DOCKER_HOST: 'unix:///nonexistent',
      // It would occupy a fixed port.
      IOT_MTLS_ENABLED: '0',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    },
  });
  closeSync(log);
  // However this process ends.
  process.once('exit', () => kill(child));
  for (let tenth = 0; tenth < START_SECONDS * 10 && child.exitCode === null; tenth += 1) {
    if (await answers(endpoint)) return { endpoint, outlives: false, close: () => ended(child) };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await ended(child);
  throw new Error(`MiniStack did not come up: ${readFileSync(logFile, 'utf8').slice(-2000)}`);
}

/** With its functions' processes: nothing of it is needed any more, and an orderly end takes it half a minute. */
function kill({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, 'SIGKILL');
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  kill(child);
  await exit;
}

/** LocalStack's path, which compatible targets have too. */
const answers = (endpoint: string): Promise<boolean> =>
  fetch(`${endpoint}/_localstack/health`, { signal: AbortSignal.timeout(5_000) }).then(
    (answer) => answer.ok,
    () => false,
  );

/** Free at the moment; a process that does not accept port 0 needs a number. */
const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
