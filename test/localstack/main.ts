// `npm run localstack`: deploys the real stack to a LocalStack-compatible target on this machine and keeps it running for manual tests;
// called again, it deploys again what the sources are then. It returns once the API serves what was deployed.
// `npm run localstack -- --down` stops it and removes everything that it created.
import { execFile, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { placeOf } from '../../local/cli/place.ts';
import { purge } from '../../local/compose/purge.ts';
import { openLocalstack, type Localstack } from './installation.ts';
import { redeployments } from './redeployments.ts';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

const SELF = fileURLToPath(import.meta.url);
const DROPPOD = fileURLToPath(new URL('../../droppod', import.meta.url));
const START_SECONDS = 600;
/** A stack in a target of the user's own is deleted first. */
const STOP_SECONDS = 300;

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '.droppod/localstack' },
    /** NAME=VALUE, for the CDK; again for more. */
    context: { type: 'string', multiple: true, default: [] },
    down: { type: 'boolean', default: false },
    /** The process that keeps running. */
    serve: { type: 'boolean', default: false },
  },
});
const directory = resolve(values.data);
const place = placeOf(directory);
const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
/** Exists while the API serves the last deployment; a text in it is why that failed. */
const ready = join(directory, 'ready');
const contexts = join(directory, 'contexts.json');
const say = (line: string): void => console.log(line);

/** Whole at once: whoever waits for the file reads it as soon as it exists. */
function setReady(failure: string): void {
  writeFileSync(`${ready}.new`, failure);
  renameSync(`${ready}.new`, ready);
}

/** The running process of an earlier start. */
function staying(): number | undefined {
  if (!existsSync(place.pid)) return undefined;
  const pid = Number(readFileSync(place.pid, 'utf8'));
  try {
    process.kill(pid, 0);
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(SELF) ? pid : undefined;
  } catch {
    // Gone, or another program by now.
    return undefined;
  }
}

/** The contexts that the last call named. */
function contextsNow(): Record<string, string> {
  const words = JSON.parse(readFileSync(contexts, 'utf8')) as string[];
  return Object.fromEntries(
    words.map((word): [string, string] => {
      const [name = '', ...rest] = word.split('=');
      return [name, rest.join('=')];
    }),
  );
}

async function serve(): Promise<void> {
  writeFileSync(place.pid, `${process.pid}\n`, { mode: 0o600 });
  const stopped = new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => done());
  });
  // A second call may come while the first still deploys.
  let isAskedAgain = false;
  let again = (): void => void (isAskedAgain = true);
  process.on('SIGHUP', () => again());
  const localstack = await openLocalstack(directory, say, contextsNow());
  const variables = Object.entries({
    KUBECONFIG: localstack.kubeconfig,
    ...localstack.environment,
  }).map(([name, value]) => `export ${name}='${value}'\n`);
  writeFileSync(place.env, variables.join(''), { mode: 0o600 });
  if (!localstack.streams)
    say('this target answers in one piece: `kubectl get -w` and `logs -f` end after a few seconds');
  const deployments = redeployments(() => localstack.deploy(contextsNow()), setReady);
  again = deployments.again;
  if (isAskedAgain) again();
  else setReady('');
  await stopped;
  await deployments.last();
  if (localstack.outlives) await destroy(localstack);
  await localstack.close();
}

/** The stack in a target of the user's own: nothing would answer it any more. */
async function destroy({ environment }: Localstack): Promise<void> {
  await promisify(execFile)(DROPPOD, ['destroy', '--yes'], {
    env: { ...process.env, ...environment },
  }).catch((error: unknown) => say(`the stack stays: ${String(error)}`));
}

async function up(): Promise<void> {
  const pid = staying();
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  rmSync(ready, { force: true });
  writeFileSync(contexts, JSON.stringify(values.context), { mode: 0o600 });
  const shown = existsSync(place.log) ? statSync(place.log).size : 0;
  say(`deploying${pid === undefined ? '' : ' again'} (log: ${place.log}) …`);
  const alive = pid === undefined ? start() : () => staying() !== undefined;
  if (pid !== undefined) process.kill(pid, 'SIGHUP');
  await follow(shown, alive);
  const failure = readFileSync(ready, 'utf8');
  if (failure !== '') throw new Error(failure);
  say(`kubeconfig: ${place.kubeconfig}`);
  say(`go on with: . ${place.env}; kubectl apply -f examples/hello.yaml`);
  say('its end:    npm run localstack -- --down');
}

/** Starts the process that stays; answers whether it still does. */
function start(): () => boolean {
  const log = openSync(place.log, 'a', 0o600);
  const words = [...process.execArgv, SELF, '--serve', '--data', directory];
  const child = spawn(process.execPath, words, { detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  child.unref();
  return () => child.exitCode === null && child.signalCode === null;
}

/** Shows what comes to the log behind `from` until the deployment has ended. */
async function follow(from: number, alive: () => boolean): Promise<void> {
  let shown = from;
  for (let tenth = 0; ; tenth += 1) {
    const isOver = existsSync(ready);
    const whole = readFileSync(place.log);
    process.stdout.write(whole.subarray(shown));
    shown = whole.length;
    if (isOver) return;
    if (!alive() || tenth > START_SECONDS * 10)
      throw new Error(`it did not come up: see ${place.log}`);
    await sleep(100);
  }
}

async function down(): Promise<void> {
  const pid = staying();
  if (pid !== undefined) {
    process.kill(pid, 'SIGTERM');
    for (let tenth = 0; staying() !== undefined; tenth += 1) {
      if (tenth > STOP_SECONDS * 10) throw new Error(`process ${pid} does not end`);
      await sleep(100);
    }
  }
  if (!existsSync(join(directory, 'installation.json')))
    return say(`nothing to remove in ${directory}`);
  const containers = await purge(directory);
  rmSync(directory, { recursive: true, force: true });
  say(`removed ${containers} containers and ${directory}`);
}

try {
  await (values.serve ? serve() : values.down ? down() : up());
  process.exit(0);
} catch (error) {
  console.error(values.serve ? error : error instanceof Error ? error.message : error);
  process.exit(1);
}
