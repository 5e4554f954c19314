// `npm run fuzz`: hostile input at every door, for as many cases and seconds as asked; the exit code is 0 only when nothing broke.
// `--door NAME --seed N --case I` plays one case again and shows what was sent and what came.
import { parseArgs } from 'node:util';
import { caseChance, runDoor, type Door, type Tally } from './door.ts';
import { DOORS, makeDoor, type DoorName } from './doors.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Date.now() / 1000) % 1_000_000) },
    requests: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '1800' },
    door: { type: 'string', multiple: true },
    case: { type: 'string' },
  },
});
const seed = Number(values.seed);
const doors = (values.door ?? Object.keys(DOORS)) as DoorName[];
const until = Date.now() + Number(values.seconds) * 1000;
const log = (line: string): void => console.log(line);

/** The share of each door in the whole; a single door gets all. */
function casesOf(name: DoorName): number {
  const whole = doors.reduce((sum, one) => sum + DOORS[one].share, 0);
  return Math.max(1, Math.round((Number(values.requests) * DOORS[name].share) / whole));
}

function show({
  door,
  played,
  outcomes,
  problems,
  memoryMiB: { begin, half, end },
  slowestMs,
}: Tally): void {
  log(
    `${door}: ${played} cases, ${problems.length} problems; outcomes ${[...outcomes]
      .sort(([, a], [, b]) => b - a)
      .map(([got, count]) => `${got} ×${count}`)
      .join(', ')}`,
  );
  log(
    `${door}: memory ${[begin, half, end].map((MiB) => Math.round(MiB)).join(' → ')} MiB (begin, half time, end); slowest case ${Math.round(slowestMs)} ms`,
  );
  for (const { case: index, sent, what } of problems.slice(0, 40))
    log(
      `  ${what}\n    ${sent}\n    again: npm run fuzz -- --door ${door} --seed ${seed} --case ${index}`,
    );
}

async function again(door: Door, index: number): Promise<number> {
  await door.open();
  const { sent, got, problems } = await door.play(caseChance(seed, index));
  const found = [...problems, ...(await door.check())];
  log(`sent: ${sent}\ngot: ${got}\n${found.join('\n')}`);
  await door.close();
  return found.length;
}

async function main(): Promise<number> {
  log(`seed ${seed}`);
  if (values.case !== undefined) return again(makeDoor(doors[0]!, log), Number(values.case));
  let problems = 0;
  for (const name of doors) {
    const tally = await runDoor(makeDoor(name, log), { seed, cases: casesOf(name), until, log });
    show(tally);
    problems += tally.problems.length;
  }
  log(problems === 0 ? 'nothing broke' : `${problems} problems`);
  return problems;
}

process.exit((await main()) === 0 ? 0 : 1);
