// `npm run localstack`: deploys the real stack to a LocalStack-compatible target on this machine and keeps it running for manual tests.
// It returns once the API responds; `npm run localstack -- --down` stops it and removes everything that it created.
import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { placeOf } from '../../local/cli/place.ts';
import { purge } from '../../local/compose/purge.ts';
import { openLocalstack } from './installation.ts';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

const SELF = fileURLToPath(import.meta.url);
const START_SECONDS = 600;
const STOP_SECONDS = 60;

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '.droppod/localstack' },
    down: { type: 'boolean', default: false },
    /** The process that keeps running. */
    serve: { type: 'boolean', default: false },
  },
});
const directory = resolve(values.data);
const place = placeOf(directory);
const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
/** Exists while the API responds. */
const ready = join(directory, 'ready');

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

async function serve(): Promise<void> {
  writeFileSync(place.pid, `${process.pid}\n`, { mode: 0o600 });
  const stopped = new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => done());
  });
  const localstack = await openLocalstack(directory, (line) => console.log(line));
  const variables = Object.entries({
    KUBECONFIG: localstack.kubeconfig,
    ...localstack.environment,
  }).map(([name, value]) => `export ${name}='${value}'\n`);
  writeFileSync(place.env, variables.join(''), { mode: 0o600 });
  writeFileSync(ready, '');
  await stopped;
  await localstack.close();
}

async function up(): Promise<void> {
  if (staying() === undefined) {
    rmSync(ready, { force: true });
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const log = openSync(place.log, 'a', 0o600);
    const words = [...process.execArgv, SELF, '--serve', '--data', directory];
    const child = spawn(process.execPath, words, { detached: true, stdio: ['ignore', log, log] });
    closeSync(log);
    child.unref();
    console.log(`deploying to a LocalStack-compatible target (log: ${place.log}) …`);
    for (let tenth = 0; !existsSync(ready); tenth += 1) {
      if (child.exitCode !== null || tenth > START_SECONDS * 10) {
        console.error(readFileSync(place.log, 'utf8').slice(-3000));
        throw new Error('it did not come up, see its log above');
      }
      await sleep(100);
    }
  }
  console.log(`kubeconfig: ${place.kubeconfig}`);
  console.log(`go on with: . ${place.env}; kubectl apply -f examples/hello.yaml`);
  console.log('its end:    npm run localstack -- --down');
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
    return console.log(`nothing to remove in ${directory}`);
  const containers = await purge(directory);
  rmSync(directory, { recursive: true, force: true });
  console.log(`removed ${containers} containers and ${directory}`);
}

await (values.serve ? serve() : values.down ? down() : up());
process.exit(0);
