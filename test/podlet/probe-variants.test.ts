// Answers that Node's parser refuses and a kubelet's probe takes, from recordings outside of the repository; without them nothing runs.
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { httpProbe } from '../../podlet/probes/http-get.ts';

const file = new URL('../../../shared/cases/probe-variants.json', import.meta.url);
const { answers } = (
  existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { answers: [] }
) as { answers: [string, string][] };

/** Those that are Ready on a kubelet 1.35.4 and were not here; on the others both agreed. */
const READY = ['lf-only', 'double-length', 'chunked-and-length', 'space-colon'];

it.each(answers.filter(([name]) => READY.includes(name)))('%s is Ready', async (_name, text) => {
  const server = createServer((socket) => socket.once('data', () => socket.end(text)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const get = { port, path: '/', scheme: 'HTTP' as const, headers: [] };
  try {
    expect(await httpProbe(get, '127.0.0.1', 30_000)).toEqual({ success: true });
  } finally {
    server.close();
  }
});

it.skipIf(answers.length > 0)('is skipped: no cases at ../shared/cases', () => {});
