// `npm run bench`: droppod's overhead over the engine, measured side by side and interleaved; a table and, with --json FILE, JSON.
// `--only start,burst,restart,probes,rollout,api,watch,interpreter,rights,cold,prices` picks parts.
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { testDroppod } from '../e2e/droppod.ts';
import { benchApi, benchWatch } from './api.ts';
import { benchCold } from './cold.ts';
import { benchRollout } from './deployment.ts';
import { engineCall } from './engine.ts';
import { benchProbes, benchRestart } from './in-pod.ts';
import { benchInterpreter } from './interpreter.ts';
import { benchBurst, benchStart } from './pod-start.ts';
import { benchRights } from './rights.ts';
import { benchStreamPrice } from './stream-price.ts';
import { Subject } from './subject.ts';
import { table, type Measure } from './summary.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '12' },
    json: { type: 'string' },
    only: { type: 'string' },
  },
});
const runs = Math.min(Number(values.runs), 200);

const parts: Record<string, (subject: Subject) => Promise<Measure[]>> = {
  start: (subject) => benchStart(subject, runs),
  burst: (subject) => benchBurst(subject, 3),
  restart: (subject) => benchRestart(subject, 5),
  probes: benchProbes,
  rollout: benchRollout,
  api: (subject) => benchApi({ client: subject.client, residentMiB: () => subject.residentMiB() }),
  watch: benchWatch,
  interpreter: () => benchInterpreter(5),
  rights: () => benchRights(5),
  cold: () => benchCold(10),
  prices: benchStreamPrice,
};

const droppod = testDroppod();
const up = await droppod.up('--no-hello');
if (up.code !== 0) throw new Error(up.stderr);
const measures: Measure[] = [];
try {
  const subject = new Subject(engineCall('/var/run/docker.sock'), droppod);
  for (const [name, measure] of Object.entries(parts)) {
    if (values.only !== undefined && !values.only.split(',').includes(name)) continue;
    const began = performance.now();
    measures.push(...(await measure(subject)));
    process.stderr.write(
      `${name}: ${((performance.now() - began) / 1000).toFixed(0)} s, load ${(loadavg()[0] ?? 0).toFixed(1)}\n`,
    );
  }
  subject.client.close();
} finally {
  await droppod.purge();
}
process.stdout.write(`${table(measures)}\n`);
if (values.json !== undefined)
  writeFileSync(
    values.json,
    `${JSON.stringify({ at: new Date().toISOString(), load: loadavg(), measures }, null, 2)}\n`,
  );
process.exit(0);
