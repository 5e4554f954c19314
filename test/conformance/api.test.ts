// kube-apiserver 1.35.4's recorded responses to request sequences, compared with handle(): code, reason, causes, and whole objects.
// The recordings are outside the repository; without them nothing runs and a line says so.
import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createApi } from '../api/client.ts';
import type { Reply } from '../api/client.ts';
import known from './api-known-differences.json' with { type: 'json' };
import { hide } from './placeholders.ts';

const SHARED = new URL('../../../shared/conformance/', import.meta.url);
const present = existsSync(new URL('golden/sequences.json', SHARED));
if (!present) console.log('recorded API answers: not here, nothing compared');

type Step = [
  method: string,
  path: string,
  options?: { body?: unknown; headers?: Record<string, string> },
];
type Sequence = [name: string, steps: (Step | ((bodies: unknown[]) => Step))[]];
interface Recorded {
  status: number;
  body: unknown;
}

const sequences: Sequence[] = present
  ? ((await import(new URL('sequences.mjs', SHARED).href)) as { sequences: Sequence[] }).sequences
  : [];
const golden = present
  ? (JSON.parse(readFileSync(new URL('golden/sequences.json', SHARED), 'utf8')) as Record<
      string,
      Recorded[]
    >)
  : {};

const bodyOf = ({ text }: Reply): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    const lines = text.trim().split('\n');
    return lines.every((line) => line.startsWith('{')) && text !== ''
      ? lines.map((line) => JSON.parse(line) as unknown)
      : text;
  }
};

async function play(steps: Sequence[1]): Promise<{ status: number; body: unknown }[]> {
  const api = await createApi({ beyondFargate: true });
  await api.send('POST', '/api/v1/namespaces', { body: { metadata: { name: 'golden' } } });
  const bodies: unknown[] = [];
  const answers = [];
  for (const step of steps) {
    const [method, path, options = {}] = typeof step === 'function' ? step(bodies) : step;
    const absolute = path.startsWith('/')
      ? path.replaceAll('{ns}', 'golden')
      : `/api/v1/namespaces/golden/${path}`;
    const reply = await api.ports.clock.runUntil(api.send(method, absolute, options));
    bodies.push(bodyOf(reply));
    answers.push({ status: reply.status, body: bodyOf(reply) });
  }
  return answers;
}

/** Go's own dumps (diffs of its structs) follow the first line of a cause's message. */
const firstLines = (details: unknown): unknown =>
  JSON.parse(JSON.stringify(details ?? null), (key, value: unknown) =>
    key === 'message' && typeof value === 'string' ? value.split('\n')[0] : value,
  );

/** Of a Status only code, reason and causes count. */
function comparable({ status, body }: Recorded): unknown {
  const hidden = hide(body) as { kind?: string; reason?: string; details?: unknown } | string;
  return typeof hidden === 'object' && hidden.kind === 'Status'
    ? { status, reason: hidden.reason, details: firstLines(hidden.details) }
    : { status, body: hidden };
}

it.runIf(!present)('has no recording here to be held against', () => expect(sequences).toEqual([]));

it.skipIf(!present).each(sequences)('%s', async (name, steps) => {
  const wanted = golden[`sequences/${name}`] ?? [];
  const differs = !equal((await play(steps)).map(comparable), wanted.map(comparable));
  if (!differs || name in known) expect([name, differs]).toEqual([name, name in known]);
  else expect((await play(steps)).map(comparable)).toEqual(wanted.map(comparable));
});

const equal = (a: unknown, b: unknown): boolean => {
  try {
    expect(a).toEqual(b);
    return true;
  } catch {
    return false;
  }
};
