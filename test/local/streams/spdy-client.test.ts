// kubectl over SPDY writes as soon as its streams are open, which may be before the podlet has connected.
import { expect, it } from 'vitest';
import { CLOSE, STDIN } from '../../../local/streams/channels.ts';
import { SpdyClient } from '../../../local/streams/spdy-client.ts';
import type { SpdyStream } from '../../../local/streams/spdy-connection.ts';

const streamOf = (streamtype: string): SpdyStream => ({
  id: 1,
  headers: { streamtype },
  onData: () => Promise.resolve(),
  onGone: () => undefined,
  write: () => Promise.resolve(),
  end: () => Promise.resolve(),
  reset: () => undefined,
});

it('R1: stdin that comes before somebody takes it is kept, its end too', async () => {
  const client = new SpdyClient(
    { stdin: true, stdout: true, stderr: false, tty: false },
    'v5.channel.k8s.io',
  );
  const stdin = streamOf('stdin');
  client.accept(stdin);
  await stdin.onData(Buffer.from('early'));
  const taken: string[] = [];
  client.onFrame = (channel, bytes) => {
    taken.push(`${channel} ${channel === CLOSE ? (bytes[0] ?? '') : bytes.toString()}`);
    return Promise.resolve();
  };
  await stdin.onData(Buffer.from('late'));
  await stdin.onData(undefined);
  expect(taken).toEqual([`${STDIN} early`, `${STDIN} late`, `${CLOSE} ${STDIN}`]);
});
