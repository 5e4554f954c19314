// `npm run simulation`: the controllers under faults, for as many seeds as requested; the exit code is 0 only when every rule held.
// Seeds take the scenarios in turn. `--seeds N --from N --only deployment,job` selects what runs.
import { parseArgs } from 'node:util';
import { play } from './play.ts';
import { SCENARIOS } from './scenarios/scenarios.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '0' },
    only: { type: 'string', default: Object.keys(SCENARIOS).join() },
  },
});
const names = values.only.split(',');
const from = Number(values.from);
const SHOWN = 5;

const tallies = new Map(names.map((name) => [name, { seeds: 0, broken: 0, ms: 0 }]));
for (let seed = from; seed < from + Number(values.seeds); seed++) {
  const name = names[seed % names.length] ?? '';
  const tally = tallies.get(name);
  const began = performance.now();
  const problems = await play(name, seed);
  for (const problem of problems.slice(0, SHOWN)) console.log(problem);
  if (tally === undefined) continue;
  tally.seeds += 1;
  tally.broken += problems.length > 0 ? 1 : 0;
  tally.ms += performance.now() - began;
}
for (const [name, { seeds, broken, ms }] of tallies)
  console.log(`${name}: ${seeds} seeds, ${broken} broken, ${(ms / 1000).toFixed(0)} s`);
const broken = [...tallies.values()].reduce((sum, tally) => sum + tally.broken, 0);
console.log(broken === 0 ? 'every rule held' : `${broken} seeds broke a rule`);
process.exit(broken === 0 ? 0 : 1);
