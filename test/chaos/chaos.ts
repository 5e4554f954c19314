// `npm run chaos`: many pods of all kinds on real containers while everything around them is killed, removed, filled and cut off.
// The exit code is 0 only when every pod ended as its spec and exits imply, nothing ran twice and nothing was left behind.
import { parseArgs } from 'node:util';
import { ordeal } from './ordeal.ts';
import { BLOWS } from './trouble.ts';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Date.now() / 1000) % 1_000_000) },
    pods: { type: 'string', default: '200' },
    wave: { type: 'string', default: '25' },
    /** Seconds for which each wave is disturbed, and for which it may take to recover. */
    trouble: { type: 'string', default: '40' },
    rest: { type: 'string', default: '240' },
    /** Kinds of disturbance that are left out. */
    without: { type: 'string', multiple: true, default: [] },
  },
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

console.log(`seed ${values.seed}`);
const { problems, pods, blows, messages, tasks, runs, slowestRestMs } = await ordeal({
  seed: Number(values.seed),
  pods: Number(values.pods),
  wave: Number(values.wave),
  troubledMs: Number(values.trouble) * 1000,
  restMs: Number(values.rest) * 1000,
  kinds: BLOWS.filter((blow) => !values.without.includes(blow)),
  log: (line) => console.log(line),
});
console.log(
  `${pods} pods, ${tasks} tasks, ${runs} runs; ${Object.entries(blows)
    .map(([blow, count]) => `${blow} ×${count}`)
    .join(', ')}`,
);
if (messages)
  console.log(
    `messages: ${Object.entries(messages)
      .map(([fate, count]) => `${fate} ${count}`)
      .join(', ')}`,
  );
console.log(`slowest rest after calm: ${(slowestRestMs / 1000).toFixed(1)} s`);
for (const problem of problems) console.log(`  ${problem}`);
console.log(
  problems.length === 0
    ? 'nothing lost, nothing doubled, nothing left'
    : `${problems.length} problems; again: npm run chaos -- --seed ${values.seed} --pods ${values.pods}`,
);
process.exit(problems.length === 0 ? 0 : 1);
