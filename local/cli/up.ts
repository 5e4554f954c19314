// `droppod up`: sets up what is missing, starts local mode, shows the first pod live, then serves until Ctrl-C.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { applyManifests, followPod, readManifests, removeEnded } from './apply.ts';
import { Client } from './client.ts';
import { claimDirectory, lockDirectory } from '../data-directory.ts';
import { find, type Say } from './install.ts';
import { spreadLastNet } from './last-net.ts';
import {
  placeOf,
  readAccess,
  Refusal,
  removePid,
  servingPid,
  writeAccess,
  writePid,
  type Place,
} from './place.ts';
import { setUp } from './set-up.ts';
import { present } from '../../src/present.ts';
import { startLocal, type Local } from '../main.ts';

export interface UpOptions {
  data?: string;
  port?: string;
  detach?: boolean;
  beyondFargate?: boolean;
  /** False with `--no-refusals`. */
  refusals?: boolean;
  /** Directory of static pod manifests. */
  staticPods?: string;
  acceptLoss?: boolean;
  /** False: do not apply the first example. */
  hello?: boolean;
}

const HELLO = fileURLToPath(new URL('../../examples/hello.yaml', import.meta.url));
const CLI = fileURLToPath(new URL('start.mjs', import.meta.url));
const DETACH_SECONDS = 180;

/** Parses a port number; throws a Refusal where it is none. */
export function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_534)
    throw new Refusal(`--port ${text}: a port number from 0 to 65534 is needed`, 2);
  return port;
}

function howToGoOn(place: Place, out: Say): void {
  out('');
  out(`kubeconfig: ${place.kubeconfig}`);
  out(`go on with:  . ${place.env}; kubectl get pods`);
  if (find('kubectl') === undefined)
    out('kubectl is not on the PATH: see https://kubernetes.io/docs/tasks/tools/');
}

async function alreadyServing(place: Place, pid: number, out: Say): Promise<void> {
  const access = readAccess(place);
  if (!access || !(await ready(place)))
    throw new Refusal(
      `process ${pid} holds ${place.pid} but does not answer: ./droppod down, then up again`,
    );
  out(`droppod is already up (process ${pid}) at ${access.server}`);
  howToGoOn(place, out);
}

/** Whether the API of this place responds. */
export async function ready(place: Place): Promise<boolean> {
  const access = readAccess(place);
  if (!access) return false;
  const client = new Client(access);
  try {
    return (await client.request('GET', '/readyz')).status === 200;
  } catch {
    // Not ready yet: the caller polls, and reports a timeout itself.
    return false;
  } finally {
    client.close();
  }
}

/** Starts a separate serving process and returns once its API is ready. */
export async function startDetached(place: Place, options: UpOptions, say: Say): Promise<void> {
  await setUp(place, say);
  claimDirectory(place.directory);
  const log = openSync(place.log, 'a', 0o600);
  const written = fstatSync(log).size;
  const flags = [
    ...(options.beyondFargate ? ['--beyond-fargate'] : []),
    ...(options.acceptLoss ? ['--accept-loss'] : []),
    ...(options.refusals === false ? ['--no-refusals'] : []),
  ];
  const serveArguments = [
    'up',
    '--no-hello',
    '--data',
    place.directory,
    ...(options.port === undefined ? [] : ['--port', options.port]),
    ...(options.staticPods === undefined ? [] : ['--static-pods', resolve(options.staticPods)]),
    ...flags,
  ];
  const child = spawn(process.execPath, [...process.execArgv, CLI, ...serveArguments], {
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  child.unref();
  // It counts whoever serves in the end: another `up` may have started first at the same moment.
  const serves = async (): Promise<boolean> =>
    servingPid(place) !== undefined && (await ready(place));
  for (let tenth = 0; tenth < DETACH_SECONDS * 10 && !ended; tenth++) {
    if (await serves()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  if (await serves()) return;
  const last =
    readFileSync(place.log)
      .subarray(written)
      .toString()
      .split('\n')
      .findLast((line) => line.startsWith('droppod: ')) ?? '';
  throw new Refusal(
    ended && last !== ''
      ? `${last.slice('droppod: '.length)} (log: ${place.log})`
      : `the serving process did not come up, its log is ${place.log}`,
  );
}

/** Serves, or explains in one line why this machine prevents it. */
async function serve(
  place: Place,
  podletImage: string,
  options: UpOptions,
  say: Say,
): Promise<Local> {
  try {
    const { beyondFargate = false, acceptLoss = false, refusals = true, staticPods } = options;
    if (staticPods !== undefined && !existsSync(staticPods))
      throw new Refusal(`--static-pods ${staticPods}: no such directory`, 2);
    return await startLocal({
      directory: place.directory,
      port: portOf(options.port),
      beyondFargate,
      acceptLoss,
      warnOfRefusals: !refusals,
      podletImage,
      ...present({ staticPods: staticPods === undefined ? undefined : resolve(staticPods) }),
      log: say,
    });
  } catch (error) {
    const { code, port } = error as { code?: string; port?: number };
    if (code === 'EADDRINUSE')
      throw new Refusal(
        `port ${port ?? ''} is taken by another program: choose another with --port N`,
      );
    if (code === 'EACCES' && port !== undefined)
      throw new Refusal(`port ${port} may not be used by this user: choose another with --port N`);
    throw error;
  }
}

/** Takes the lock on starting here, before a key is made or a port taken; undefined: another `up` was faster and serves by now. */
async function turnIn(place: Place, say: Say): Promise<(() => Promise<void>) | undefined> {
  claimDirectory(place.directory);
  for (let tenth = 0; tenth < DETACH_SECONDS * 10; tenth++) {
    const release = await lockDirectory(place.directory);
    if (release) return release;
    if (tenth === 10)
      say(`another droppod starts or stops in ${place.directory}, waiting for it …`);
    if (servingPid(place) !== undefined && (await ready(place))) return undefined;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Refusal(
    `another process holds ${place.directory} and does not come up: end it, then up again`,
  );
}

async function serveUntilStopped(
  place: Place,
  podletImage: string,
  options: UpOptions,
  out: Say,
  say: Say,
): Promise<void> {
  // Keys, data and logs are readable only by their owner, whatever the caller's umask.
  process.umask(0o077);
  const release = await turnIn(place, say);
  if (!release) return alreadyServing(place, servingPid(place) ?? 0, out);
  const local = await serve(place, podletImage, options, say);
  spreadLastNet(say);
  writeAccess(place, local.access);
  writePid(place);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => stop.abort());
  out(
    `droppod serves Kubernetes' pod API at ${local.access.server} (AWS endpoints at ${local.access.awsEndpoint})`,
  );
  if (options.hello !== false) {
    const client = new Client(local.access);
    out('applying examples/hello.yaml');
    const manifests = readManifests(HELLO);
    // Removes ended pods of an earlier `up`: this one shows a first pod of its own.
    await removeEnded(client, manifests);
    const [pod] = await applyManifests(client, HELLO, manifests, out);
    if (pod) await followPod(client, pod, out, stop.signal);
    client.close();
  }
  if (!stop.signal.aborted) howToGoOn(place, out);
  if (!stop.signal.aborted)
    await new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve()));
  await local.close();
  removePid(place);
  await release();
  out(
    `droppod stopped; running pods go on and are found again by the next up (./droppod down --purge${options.data === undefined ? '' : ` --data ${options.data}`} removes them)`,
  );
}

/** Runs `droppod up`. */
export async function up(options: UpOptions, out: Say, say: Say): Promise<void> {
  const place = placeOf(options.data);
  portOf(options.port);
  const pid = servingPid(place);
  if (pid !== undefined) return alreadyServing(place, pid, out);
  if (!options.detach) {
    return serveUntilStopped(place, await setUp(place, say), options, out, say);
  }
  await startDetached(place, options, say);
  const access = readAccess(place);
  out(
    `droppod serves Kubernetes' pod API at ${access?.server ?? ''} (process ${servingPid(place) ?? 0})`,
  );
  howToGoOn(place, out);
}
