// One fault at a time at AWS's edge: every call of the functions with every possible error, once and for a while. Nothing may be stuck,
// doubled or forgotten, and docs/aws.md lists what the user sees (EDGE_TABLE=write writes it).
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { Deliver } from '../fakes/pod-world.ts';
import { liveAtEdge, type Fault, type Seen, type Story, type Wrong } from './edge-life.ts';
import { ANYWHERE, MODELLED, ONLY_WHEN_DONE, STORIES } from './edge-stories.ts';

const PAGE = fileURLToPath(new URL('../../docs/aws.md', import.meta.url));
/** How long a lasting error lasts. */
const WHILE_SECONDS = 90;

const plain = new Map<string, Seen>();
const wrongs = (operation: string): [string, Wrong][] => [
  ...Object.entries(ANYWHERE),
  ...(MODELLED[operation] ?? []).map((name): [string, Wrong] => [
    name,
    { is: 'error', name, status: 400, done: ONLY_WHEN_DONE.includes(name) },
  ]),
];

/** What the user sees of a fault, the worst of all lives. */
interface Sight {
  lives: number;
  warnings: Set<string>;
  late: number;
  ends: Set<string>;
}

it('without a fault every story comes to rest', async () => {
  // What is loaded late is loaded in real time, in which virtual time goes on: not in a life that is measured.
  for (const story of Object.values(STORIES)) await liveAtEdge(story);
  for (const [name, story] of Object.entries(STORIES)) {
    const seen = await liveAtEdge(story);
    expect([name, seen.problems]).toEqual([name, []]);
    plain.set(name, seen);
  }
}, 120_000);

const rows = new Map<string, string>();

it.each(Object.keys(MODELLED))(
  '%s: nothing is lost or doubled, whatever it is answered',
  async (operation) => {
    for (const [what, wrong] of wrongs(operation)) {
      const sight: Sight = { lives: 0, warnings: new Set(), late: 0, ends: new Set() };
      for (const [name, story] of Object.entries(STORIES))
        await meet(operation, wrong, { name, story }, sight);
      expect(sight.lives).toBeGreaterThan(0);
      rows.set(`${operation}/${what}`, textOf(sight));
    }
  },
  600_000,
);

/** Runs the story with the fault at each of the first calls once, and for a while. */
async function meet(
  operation: string,
  wrong: Wrong,
  { name, story }: { name: string; story: Story },
  sight: Sight,
): Promise<void> {
  const before = plain.get(name);
  const calls = before?.calls.get(operation) ?? 0;
  // Sweep's calls are all alike, and the first story contains every call that the others make at their start.
  const isOwn =
    name === Object.keys(STORIES)[0] || calls > (plain.get(first)?.calls.get(operation) ?? 0);
  if (!before || calls === 0 || !isOwn) return;
  const faults: Fault[] = [
    { operation, from: 1, seconds: 0, wrong },
    ...(calls > 1 ? [{ operation, from: 2, seconds: 0, wrong }] : []),
    { operation, from: 1, seconds: WHILE_SECONDS, wrong },
  ];
  for (const fault of faults) {
    const seen = await liveAtEdge(story, fault);
    sight.lives += 1;
    expect([name, fault, seen.problems]).toEqual([name, fault, []]);
    for (const warning of seen.warnings)
      if (!before.warnings.includes(warning)) sight.warnings.add(warning);
    if (seen.end !== before.end) sight.ends.add(`${seen.end} instead of ${before.end}`);
    sight.late = Math.max(sight.late, seen.after - before.after);
  }
}
const [first = ''] = Object.keys(STORIES);

function textOf({ warnings, late, ends }: Sight): string {
  const minutes = Math.ceil(late / 60);
  const parts = [
    ...ends,
    ...[...warnings].map((warning) => `event \`${warning.replaceAll(/\s+/g, ' ')}\``),
    ...(late > 2 ? [minutes > 1 ? `up to ${minutes} minutes later` : 'up to a minute later'] : []),
  ];
  return parts.length === 0 ? 'nothing' : parts.join('; ');
}

it('the page says what users see', () => {
  const table = [
    '| call | answered | what the user sees |',
    '|---|---|---|',
    ...Object.keys(MODELLED).flatMap((operation) => {
      const bySight = new Map<string, string[]>();
      for (const [what] of wrongs(operation)) {
        const text = rows.get(`${operation}/${what}`) ?? '';
        bySight.set(text, [...(bySight.get(text) ?? []), what]);
      }
      return [...bySight].map(
        ([text, whats]) => `| \`${operation}\` | ${whats.join(', ')} | ${text} |`,
      );
    }),
  ].join('\n');
  const page = readFileSync(PAGE, 'utf8');
  const section = /(## When AWS fails\n[\s\S]*?\n\n)(\| call \|[\s\S]*?)(\n\n)/;
  if (process.env['EDGE_TABLE'] === 'write')
    writeFileSync(
      PAGE,
      page.replace(section, (_all, head, _old, tail) => `${head}${table}${tail}`),
    );
  else expect(section.exec(page)?.[2]).toBe(table);
});

/** Faults of EventBridge's own deliveries. */
const DELIVERIES: Record<string, Deliver> = {
  lost: (kind, send) => (kind === 'change' ? new Promise(() => undefined) : send()),
  doubled: async (kind, send) => {
    if (kind === 'change') await send();
    return send();
  },
};

it.each(Object.entries(DELIVERIES))('events that are %s break nothing', async (_how, deliver) => {
  for (const [name, story] of Object.entries(STORIES)) {
    const { problems, end } = await liveAtEdge(story, undefined, deliver);
    expect([name, problems, end]).toEqual([name, [], plain.get(name)?.end]);
  }
});

it.each([
  ['late', () => 45_000],
  ['out of order', (count: number) => (count % 2 === 0 ? 0 : 7_000)],
])('events that come %s break nothing', async (_how, waitMs) => {
  for (const [name, story] of Object.entries(STORIES)) {
    let count = 0;
    const { problems, end } = await liveAtEdge(story, undefined, undefined, () => waitMs(count++));
    expect([name, problems, end]).toEqual([name, [], plain.get(name)?.end]);
  }
});
