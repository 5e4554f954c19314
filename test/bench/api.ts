// The API alone: pods held by a scheduling gate, so that nothing runs for them. And the delay of a change to 100 watchers.
import { setMaxListeners } from 'node:events';
import { preciseNow } from './engine.ts';
import type { Subject } from './subject.ts';
import { summary, type Measure } from './summary.ts';

const PODS = '/api/v1/namespaces/bench/pods';
const REQUESTS = 200;
const LISTED = 1000;
const LISTS = 5;
const WATCHERS = 100;
const WATCHED = 40;
const INTERVAL_MS = 50;
const AT_ONCE = 16;

const gated = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app: 'bench' } },
  spec: {
    schedulingGates: [{ name: 'bench.example/hold' }],
    containers: [
      {
        name: 'app',
        image: 'busybox',
        env: [{ name: 'MODE', value: 'bench' }],
        ports: [{ containerPort: 8080 }],
        readinessProbe: { httpGet: { path: '/ready', port: 8080 } },
      },
    ],
  },
});

async function timed(count: number, act: (index: number) => Promise<unknown>): Promise<number[]> {
  const samples: number[] = [];
  for (let index = 0; index < count; index++) {
    const began = preciseNow();
    await act(index);
    samples.push(preciseNow() - began);
  }
  return samples;
}

/** One request at a time; the goals are kube-apiserver's figures on such a machine when idle. */
export async function benchApi({
  client,
  residentMiB,
}: Pick<Subject, 'client'> & { residentMiB: () => number }): Promise<Measure[]> {
  await client.request('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'bench' },
  });
  await timed(50, (index) => client.request('POST', PODS, gated(`warm-${index}`)));
  const created = await timed(REQUESTS, (index) =>
    client.request('POST', PODS, gated(`pod-${index}`)),
  );
  const got = await timed(REQUESTS, (index) => client.request('GET', `${PODS}/pod-${index}`));
  for (let from = REQUESTS + 50; from < LISTED; from += AT_ONCE) {
    await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, LISTED - from) }, (_, index) =>
        client.request('POST', PODS, gated(`more-${from + index}`)),
      ),
    );
  }
  const json = await timed(LISTS, () => client.request('GET', PODS));
  const asTable = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };
  const tables = await timed(LISTS, () => client.request('GET', PODS, undefined, asTable));
  return [
    { name: 'API get', unit: 'ms', ...summary(got), goal: 0.76 * 1.5 },
    { name: 'API create', unit: 'ms', ...summary(created), goal: 1.5 * 1.5 },
    { name: 'API list 1000, JSON', unit: 'ms', ...summary(json), goal: 33 * 1.5 },
    { name: 'API list 1000, Table', unit: 'ms', ...summary(tables), goal: 19 * 1.5 },
    {
      name: 'memory of the serving process with 1000 pods',
      unit: 'MiB',
      value: residentMiB(),
      goal: (990 + 97) / 4,
    },
  ];
}

/** From sending a create to its arrival at each watcher. */
export async function benchWatch({ client }: Pick<Subject, 'client'>): Promise<Measure[]> {
  const stop = new AbortController();
  setMaxListeners(WATCHERS, stop.signal);
  const { body } = await client.request('GET', `${PODS}?limit=1`);
  const {
    metadata: { resourceVersion },
  } = body as { metadata: { resourceVersion: string } };
  const sent = new Map<string, number>();
  const delays: number[] = [];
  const watchers = Array.from({ length: WATCHERS }, async () => {
    let received = 0;
    for await (const line of client.lines(
      `${PODS}?watch=1&resourceVersion=${resourceVersion}`,
      { accept: 'application/json' },
      stop.signal,
    )) {
      const name = /^\{"type":"ADDED".*?"name":"(watched-\d+)"/.exec(line)?.[1];
      const began = sent.get(name ?? '');
      if (began !== undefined) delays.push(preciseNow() - began);
      if (began !== undefined && ++received === WATCHED) return;
    }
  });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  for (let index = 0; index < WATCHED; index++) {
    sent.set(`watched-${index}`, preciseNow());
    await Promise.all([
      client.request('POST', PODS, gated(`watched-${index}`)),
      new Promise((resolve) => setTimeout(resolve, INTERVAL_MS)),
    ]);
  }
  const giveUp = setTimeout(() => stop.abort(), 15_000);
  await Promise.all(watchers);
  clearTimeout(giveUp);
  const { p99 } = summary(delays);
  return [
    { name: `watch, ${WATCHERS} watchers: create to event`, unit: 'ms', ...summary(delays) },
    { name: '  p99', unit: 'ms', value: p99, goal: 250 },
  ];
}
