// `npm run bench`: what droppod adds to the engine, side by side and interleaved; a table and, with --json FILE, JSON.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Client } from '../../local/cli/client.ts';
import { placeOf, readAccess } from '../../local/cli/place.ts';
import { ENGINE_LABEL } from '../../local/agent/labels.ts';
import { readInstallation } from '../../local/installation.ts';
import { testDroppod } from '../e2e/droppod.ts';
import { COMMAND, engineCall, firstOutputAt, preciseNow, rawPod } from './engine.ts';
import { ratio, summary, table, type Row } from './summary.ts';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '20' }, json: { type: 'string' } } });
const RUNS = Math.min(Number(values.runs), 200);
const call = engineCall('/var/run/docker.sock');
const IMAGE = 'busybox:latest';

interface Parts {
  total: number;
  api: number;
  podletCreated: number;
  podletStarted: number;
  containerStarted: number;
  processUp: number;
  ready: number;
}

interface Found {
  Id: string;
  Labels: Record<string, string>;
}

const ROLE_LABEL = 'com.amazonaws.ecs.container-name';
const filtered = async (label: string): Promise<Found[]> => (await call('GET', `/containers/json?all=1&filters=${encodeURIComponent(JSON.stringify({ label: [label] }))}`)) as Found[];

/** All containers of this droppod: the one pod that runs. */
const taskContainers = (): Promise<Found[]> => filtered(`${ENGINE_LABEL}=${engineId()}`);

async function readyAt(client: Client, name: string, signal: AbortSignal): Promise<number> {
  for await (const line of client.lines(`/api/v1/namespaces/default/pods?watch=true&fieldSelector=metadata.name%3D${name}`, { accept: 'application/json' }, signal)) {
    const { object } = JSON.parse(line) as { object: { status: { conditions?: { type: string; status: string }[] } } };
    if (object.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')) return preciseNow();
  }
  throw new Error(`${name} was not ready`);
}

async function droppodPod(client: Client, name: string): Promise<Parts> {
  const stop = new AbortController();
  const ready = readyAt(client, name, stop.signal);
  const began = preciseNow();
  const answer = await client.request('POST', '/api/v1/namespaces/default/pods', { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers: [{ name: 'app', image: 'busybox', imagePullPolicy: 'IfNotPresent', command: COMMAND }] } });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  const api = preciseNow();
  const readyTime = await ready;
  stop.abort();
  const found = await taskContainers();
  const [podlet, app] = ['droppod-podlet', 'app'].map((role) => found.find(({ Labels }) => Labels[ROLE_LABEL] === role)?.Id ?? '');
  const times = async (id: string): Promise<{ created: number; started: number }> => {
    const { Created, State } = (await call('GET', `/containers/${id}/json`)) as { Created: string; State: { StartedAt: string } };
    return { created: Date.parse(Created), started: Date.parse(State.StartedAt) };
  };
  const [pause, main, up] = [await times(podlet ?? ''), await times(app ?? ''), await firstOutputAt(call, app ?? '')];
  await client.request('DELETE', `/api/v1/namespaces/default/pods/${name}?gracePeriodSeconds=0`);
  return { total: up - began, api: api - began, podletCreated: pause.created - began, podletStarted: pause.started - began, containerStarted: main.started - began, processUp: up - began, ready: readyTime - began };
}

async function settled(uidless: () => Promise<number>): Promise<void> {
  for (let turn = 0; turn < 100 && (await uidless()) > 0; turn++) await new Promise((resolve) => setTimeout(resolve, 100));
}

const droppod = testDroppod();
const engineId = (): string => readInstallation(droppod.data)?.id ?? '';
const up = await droppod.up('--no-hello');
if (up.code !== 0) throw new Error(up.stderr);
try {
  const access = readAccess(placeOf(droppod.data));
  if (!access) throw new Error('no kubeconfig');
  const client = new Client(access);
  const [raw, ours]: [number[], Parts[]] = [[], []];
  const running = async (): Promise<number> => (await taskContainers()).length;
  for (let turn = -2; turn < RUNS; turn++) {
    const parts = await droppodPod(client, `bench-${turn + 2}`);
    await settled(running);
    const floor = await rawPod(call, IMAGE);
    if (turn < 0) continue; // warm-up
    ours.push(parts);
    raw.push(floor);
  }
  const rows: Row[] = [
    { name: 'pause + container through the Engine API', ...summary(raw) },
    { name: 'droppod: POST to process running', ...summary(ours.map(({ total }) => total)) },
    ...(['api', 'podletCreated', 'podletStarted', 'containerStarted', 'processUp', 'ready'] as const).map((part) => ({ name: `  until ${part}`, ...summary(ours.map((parts) => parts[part])) })),
  ];
  const outcome = { runs: RUNS, rows, ratio: ratio(ours.map(({ total }) => total), raw), goal: { p50: 1.25, p95: 1.5 } };
  process.stdout.write(`${table(rows)}\n\nratio p50 ${outcome.ratio.p50.toFixed(2)} (goal 1.25), p95 ${outcome.ratio.p95.toFixed(2)} (goal 1.5)\n`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(outcome, null, 2)}\n`);
  client.close();
} finally {
  await droppod.purge();
}
process.exit(0);
