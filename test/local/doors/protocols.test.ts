// The sub-protocols of exec, attach and port-forward as Kubernetes accepts them, from kubectl's to those of browser consoles.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { exchange, openDoors, PODS, TOKEN, upgradeHead, type OpenDoors } from './harness.ts';

let doors: OpenDoors;
beforeAll(async () => {
  doors = await openDoors();
});
afterAll(() => doors.close());

const EXEC = `${PODS}/one/exec?container=c&command=sh&stdin=1&stdout=1`;

interface Session {
  protocol: string;
  /** Messages as they came: text unchanged, bytes as latin1. */
  messages: string[];
  code: number;
}

/** Connects, sends each message after the response to the one before or all at once, and waits for the end. */
function session(
  path: string,
  protocols: string[],
  messages: (string | Buffer)[],
  enough = Infinity,
): Promise<Session> {
  return new Promise((resolve, reject) => {
    const ws = new WebSocket(`wss://127.0.0.1:${doors.api}${path}`, protocols, {
      rejectUnauthorized: false,
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    const got: string[] = [];
    ws.on('error', reject);
    ws.on('open', () => {
      for (const message of messages) ws.send(message);
    });
    ws.on('message', (data: Buffer, binary) => {
      got.push(data.toString(binary ? 'latin1' : 'utf8'));
      if (got.length >= enough) ws.close(1000);
    });
    ws.on('close', (code) => resolve({ protocol: ws.protocol, messages: got, code }));
  });
}

const causes = (status: string): unknown =>
  (JSON.parse(status) as { details?: { causes: unknown } }).details?.causes;

describe('exec', () => {
  it('R1: v5 carries bytes, half-closes stdin and ends with a Status', async () => {
    const { protocol, messages, code } = await session(
      EXEC,
      ['v5.channel.k8s.io', 'v4.channel.k8s.io'],
      [Buffer.from('\0hello'), Buffer.from([255, 0])],
    );
    expect([protocol, code, messages]).toEqual([
      'v5.channel.k8s.io',
      1000,
      ['\x01hello', '\x03{"metadata":{},"status":"Success"}'],
    ]);
  });

  it('R1: v4 begins with an empty message and ends with the exit code among the causes', async () => {
    const { protocol, messages } = await session(
      EXEC,
      ['v4.channel.k8s.io'],
      [Buffer.from('\0hello'), Buffer.from('\0exit 7')],
    );
    expect([protocol, ...messages.slice(0, 2)]).toEqual(['v4.channel.k8s.io', '\x01', '\x01hello']);
    expect(messages[2]?.[0]).toBe('\x03');
    expect(causes(messages[2]!.slice(1))).toEqual([{ reason: 'ExitCode', message: '7' }]);
  });

  it('R1: v4.base64 carries text: a digit, then base64', async () => {
    const { protocol, messages } = await session(
      EXEC,
      ['v4.base64.channel.k8s.io'],
      [`0${btoa('hello')}`, '0not base64!', `7${btoa('no channel')}`, `0${btoa('exit 7')}`],
    );
    expect([protocol, ...messages.slice(0, 2)]).toEqual([
      'v4.base64.channel.k8s.io',
      '1',
      `1${btoa('hello')}`,
    ]);
    expect(messages[2]?.[0]).toBe('3');
    expect(causes(atob(messages[2]!.slice(1)))).toEqual([{ reason: 'ExitCode', message: '7' }]);
    expect(messages.length).toBe(3);
  });

  it('R1: base64.channel.k8s.io says an error as text', async () => {
    const { protocol, messages } = await session(
      EXEC,
      ['base64.channel.k8s.io'],
      [`0${btoa('exit 7')}`],
    );
    expect([protocol, ...messages]).toEqual([
      'base64.channel.k8s.io',
      '1',
      `3${btoa('command terminated with exit code 7')}`,
    ]);
  });

  it('R1: channel.k8s.io, and no protocol at all, carry bytes and say an error as text', async () => {
    for (const offered of [['channel.k8s.io'], []]) {
      const { protocol, messages } = await session(EXEC, offered, [Buffer.from('\0exit 7')]);
      expect([protocol, ...messages]).toEqual([
        offered[0] ?? '',
        '\x01',
        '\x03command terminated with exit code 7',
      ]);
    }
  });

  it('R1: the client’s order counts, v5 goes before all, a token is no protocol', async () => {
    const bearer = `base64url.bearer.authorization.k8s.io.${Buffer.from(TOKEN).toString('base64url')}`;
    const chosen = async (...offered: string[]): Promise<string> =>
      (await session(EXEC, offered, [], 0 + 1)).protocol;
    expect(await chosen('base64.channel.k8s.io', 'v4.channel.k8s.io')).toBe(
      'base64.channel.k8s.io',
    );
    expect(await chosen('v3.channel.k8s.io', 'v4.base64.channel.k8s.io')).toBe(
      'v4.base64.channel.k8s.io',
    );
    expect(await chosen(bearer, 'v4.base64.channel.k8s.io')).toBe('v4.base64.channel.k8s.io');
  });

  it('R1: a protocol that nobody knows is refused', async () => {
    const { text } = await exchange(doors.api, true, upgradeHead(EXEC, 'v9.channel.k8s.io'));
    expect(text).toMatch(/^HTTP\/1\.1 403 Forbidden/);
    expect(text).toContain('requested protocol(s) are not supported: [v9.channel.k8s.io]');
  });
});

describe('port-forward', () => {
  it.each([
    ['v4.channel.k8s.io', ''],
    ['v4.base64.channel.k8s.io', 'base64'],
  ])('A17: %s begins each channel with its port, then carries data', async (name, form) => {
    const said = (channel: number, text: string): string | Buffer =>
      form === ''
        ? Buffer.from(String.fromCharCode(channel) + text, 'latin1')
        : `${channel}${btoa(text)}`;
    const { protocol, messages } = await session(
      `${PODS}/one/portforward?ports=80&ports=8080`,
      [name],
      [said(0, 'to 80'), said(2, 'to 8080')],
      6,
    );
    expect(protocol).toBe(name);
    expect(
      messages.map((message) => Buffer.from(message, 'latin1').toString('latin1')).sort(),
    ).toEqual(
      [
        said(0, '\x50\x00'),
        said(1, '\x50\x00'),
        said(2, '\x90\x1f'),
        said(3, '\x90\x1f'),
        said(0, 'to 80'),
        said(2, 'to 8080'),
      ]
        .map((one) => (typeof one === 'string' ? one : one.toString('latin1')))
        .sort(),
    );
  });
});
