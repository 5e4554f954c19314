// Installs what a new machine lacks, Docker Engine and Go, by apt where possible; otherwise says in one line what to do.
import { execFile, spawn } from 'node:child_process';
import { accessSync, constants, existsSync, openSync } from 'node:fs';
import { request } from 'node:http';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { Refusal, type Place } from './place.ts';
import { mkdirSync } from 'node:fs';

const run = promisify(execFile);
const ENGINE_START_SECONDS = 60;

export type Say = (line: string) => void;

/** Path of a program on PATH. */
export function find(program: string): string | undefined {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(directory, program);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not there or not executable: try the next directory.
      continue;
    }
  }
  return undefined;
}

function dockerSocket(): string {
  const host = process.env['DOCKER_HOST'] ?? '';
  if (host === '') return '/var/run/docker.sock';
  if (!host.startsWith('unix://'))
    throw new Refusal(
      `DOCKER_HOST is ${host}: only a unix:// socket of an engine on this machine can be used`,
    );
  return host.slice('unix://'.length);
}

/** 'ok', or the error code (ENOENT, ECONNREFUSED, EACCES …). */
function pingEngine(socketPath: string): Promise<string> {
  return new Promise((resolve) => {
    const sent = request({ socketPath, path: '/_ping', timeout: 5000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200 ? 'ok' : `HTTP ${answer.statusCode ?? 0}`);
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    sent.end();
  });
}

let aptUpdated = false;

async function aptInstall(packages: string[], purpose: string, say: Say): Promise<boolean> {
  if (process.getuid?.() !== 0 || !find('apt-get')) return false;
  say(`installing ${packages.join(' ')} with apt (${purpose}; once, a minute or two) …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    if (!aptUpdated) await run('apt-get', ['update'], { env, maxBuffer: 1 << 26 });
    aptUpdated = true;
    await run('apt-get', ['install', '-y', '--no-install-recommends', ...packages], {
      env,
      maxBuffer: 1 << 26,
    });
    return true;
  } catch (error) {
    const output =
      error instanceof Error && 'stderr' in error
        ? String(error.stderr).trim().split('\n').at(-1)
        : String(error);
    say(`apt-get failed: ${output ?? ''}`);
    return false;
  }
}

async function startEngine(place: Place, socketPath: string, say: Say): Promise<void> {
  if (process.getuid?.() !== 0)
    throw new Refusal(
      'Docker Engine is installed but not running: start it (systemctl start docker), then run this again',
    );
  say('starting Docker Engine …');
  if (existsSync('/run/systemd/system')) await run('systemctl', ['start', 'docker']);
  else {
    mkdirSync(place.directory, { recursive: true, mode: 0o700 });
    const log = openSync(join(place.directory, 'dockerd.log'), 'a');
    spawn('dockerd', [], { detached: true, stdio: ['ignore', log, log] }).unref();
  }
  for (let second = 0; second < ENGINE_START_SECONDS; second++) {
    if ((await pingEngine(socketPath)) === 'ok') return;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  throw new Refusal(
    `Docker Engine did not answer within ${ENGINE_START_SECONDS} s; its log: ${join(place.directory, 'dockerd.log')}`,
  );
}

/** Makes sure that Docker Engine responds on its socket. */
export async function ensureEngine(place: Place, say: Say): Promise<void> {
  const socketPath = dockerSocket();
  const answer = await pingEngine(socketPath);
  if (answer === 'ok') return;
  if (answer === 'EACCES')
    throw new Refusal(
      `this user may not use Docker Engine (${socketPath}): join the group docker or run as root`,
    );
  if (
    !find('dockerd') &&
    !(await aptInstall(['docker.io'], 'Docker Engine runs the containers', say))
  ) {
    throw new Refusal(
      'Docker Engine is needed and could not be installed here: install it (package docker.io on Debian and Ubuntu), then run this again',
    );
  }
  if ((await pingEngine(socketPath)) !== 'ok') await startEngine(place, socketPath, say);
}

/** Makes sure that `go` exists, which builds supervise, the entry point of every container. */
export async function ensureGo(say: Say): Promise<void> {
  if (find('go') || (await aptInstall(['golang-go'], 'Go builds the container entry point', say)))
    return;
  throw new Refusal(
    'Go 1.19 or newer is needed to build the container entry point: install it (package golang-go), then run this again',
  );
}

/** Installs a static busybox if apt can: the test image is made from it where no registry is reachable. */
export async function ensureStaticBusybox(say: Say): Promise<void> {
  if (!existsSync('/bin/busybox'))
    await aptInstall(['busybox-static'], 'the image busybox is made from it', say);
}

/** Installs `python3 -m pip` if apt can: the AWS emulator that the stack is tested on comes from PyPI. */
export async function ensurePip(say: Say): Promise<void> {
  const has = await run('python3', ['-m', 'pip', '--version']).then(
    () => true,
    // No Python or no pip: installed below.
    () => false,
  );
  if (
    has ||
    (await aptInstall(['python3', 'python3-pip'], 'the stack is tested on MiniStack', say))
  )
    return;
  throw new Refusal('Python 3.10 or newer with pip is needed: install python3 and python3-pip');
}
