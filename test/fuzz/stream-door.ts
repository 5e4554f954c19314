// Upgrades to exec, attach, port-forward, log and watch, with frames that no client sends, and bytes that are no HTTP at all.
import { connect, type TLSSocket } from 'node:tls';
import type { Chance } from '../simulation/random.ts';
import type { Door, Played } from './door.ts';
import { someFrames } from './frames.ts';
import { PATIENCE_MS, type Target } from './target.ts';
import { flipped, noise } from './values.ts';

const POD = 'streams';
const BASE = '/api/v1/namespaces/default/pods';
/** A frame takes effect at once: the connection is not watched for longer. */
const LINGER_MS = 150;

const PORTS = [
  '80',
  '7',
  '65535',
  '65536',
  '70000',
  '1000000000',
  '-5',
  '0',
  'x',
  '',
  '80,81',
  '1e3',
  '80&ports=81',
  '99999999999999999999',
];
const PATHS = (chance: Chance): string =>
  chance.pick([
    `${BASE}/${POD}/exec?command=cat&stdin=1&stdout=1`,
    `${BASE}/${POD}/exec?command=sh&stdin=1&stdout=1&tty=1`,
    `${BASE}/${POD}/exec?command=echo&command=x&stdout=1&stderr=1`,
    `${BASE}/${POD}/exec`,
    `${BASE}/${POD}/exec?command=&stdout=1`,
    `${BASE}/${POD}/attach?stdin=1&stdout=1`,
    `${BASE}/${POD}/attach?stdout=1&container=x`,
    `${BASE}/${POD}/portforward?ports=${chance.pick(PORTS)}`,
    `${BASE}/${POD}/portforward?ports=${chance.pick(PORTS)}`,
    `${BASE}/${POD}/portforward`,
    `${BASE}/${POD}/log?follow=1`,
    `${BASE}?watch=1&timeoutSeconds=2`,
    `${BASE}/gone/exec?command=x&stdout=1`,
    '/sessions/x',
    '/sync',
    '/',
    '/readyz',
  ]);
const PROTOCOLS = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'base64.channel.k8s.io',
  'binary.k8s.io',
  'SPDY/3.1+portforward.k8s.io',
  'portforward.k8s.io',
  'x',
  '',
  ',',
  'v5.channel.k8s.io, v4.channel.k8s.io',
  'a b',
];
const RAW_REQUESTS = [
  'GET // HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET //[ HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET http://u:p@x HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: [\r\n\r\n',
  'GET / HTTP/1.1\r\nHost:\r\n\r\n',
  'GET / HTTP/1.1\r\n\r\n',
  'GET / HTTP/1.0\r\n\r\n',
  'TRACE / HTTP/1.1\r\nHost: x\r\n\r\n',
  'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET /\u0001 HTTP/1.1\r\nHost: x\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'GET /api HTTP/9.9\r\nHost: x\r\n\r\n',
  'POST /api/v1/namespaces/default/pods HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
  'POST /api/v1/namespaces/default/pods HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n',
  `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
  `GET / HTTP/1.1\r\nHost: x\r\n${'A: b\r\n'.repeat(3_000)}\r\n`,
  'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
  'GET /\r\n\r\n',
  '\r\n\r\n\r\n',
  '\u0016\u0003\u0001\u0000',
];

interface Upgrade {
  kind: 'websocket' | 'spdy';
  head: Buffer;
  frames: Buffer[];
  /** The frames follow the request in one write. */
  atOnce: boolean;
}

function someUpgrade(chance: Chance, token: string): Upgrade {
  const kind = chance.happens(0.55) ? 'websocket' : 'spdy';
  const own =
    kind === 'websocket'
      ? [
          'Upgrade: websocket',
          'Connection: Upgrade',
          `Sec-WebSocket-Version: ${chance.pick(['13', '13', '13', '13', '8', 'x', ''])}`,
          `Sec-WebSocket-Key: ${chance.pick(['dGhlIHNhbXBsZSBub25jZQ==', 'dGhlIHNhbXBsZSBub25jZQ==', 'dGhlIHNhbXBsZSBub25jZQ==', 'x', ''])}`,
          `Sec-WebSocket-Protocol: ${chance.pick(PROTOCOLS)}`,
          ...(chance.happens(0.1)
            ? ['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=99']
            : []),
        ]
      : [
          'Upgrade: SPDY/3.1',
          'Connection: Upgrade',
          `X-Stream-Protocol-Version: ${chance.pick(PROTOCOLS)}`,
        ];
  const lines = [
    `${chance.pick(['GET', 'GET', 'GET', 'POST'])} ${PATHS(chance)} HTTP/1.1`,
    'Host: localhost',
    `Authorization: Bearer ${token}`,
    ...own,
  ];
  return {
    kind,
    head: Buffer.from(`${lines.join('\r\n')}\r\n\r\n`),
    frames: someFrames(kind, chance),
    atOnce: chance.happens(0.4),
  };
}

const isWhole = (answer: string): boolean => /^HTTP\/1\.[01] \d{3} /.test(answer);

export class StreamDoor implements Door {
  readonly name = 'streams';
  readonly width = 4;
  constructor(private readonly target: Target) {}

  async open(): Promise<void> {
    await this.target.open();
    await this.startPod();
  }

  private async startPod(): Promise<void> {
    const container = {
      name: 'c',
      image: 'busybox',
      stdin: true,
      command: ['sh', '-c', 'while :; do echo line; sleep 1; done'],
    };
    await this.target.create(BASE, {
      metadata: { name: POD },
      spec: { restartPolicy: 'Always', terminationGracePeriodSeconds: 1, containers: [container] },
    });
    await this.target.droppod.until(
      POD,
      ({ status }) => status.containerStatuses?.[0]?.state.running !== undefined,
      60,
    );
  }

  async play(chance: Chance): Promise<Played> {
    if (chance.happens(0.15)) return this.playRaw(chance);
    const { kind, head, frames, atOnce } = someUpgrade(chance, this.target.token);
    const first = atOnce ? Buffer.concat([head, ...frames]) : head;
    const answer = await this.talk(first, atOnce ? [] : frames);
    const [line = ''] = answer.split('\r\n');
    const sent = `${kind} ${head
      .toString()
      .split('\r\n')
      .filter((one) => /^(GET|POST|Sec-WebSocket-P|X-Stream)/.test(one))
      .join(' | ')} then ${frames.map((frame) => frame.subarray(0, 40).toString('hex')).join(' ')}`;
    if (this.isDown())
      return {
        sent,
        got: 'crash',
        problems: ['the serving process ended while this was under way'],
      };
    return {
      sent,
      got: line.slice(9, 12),
      problems: isWhole(answer)
        ? statusProblems(line, head.toString())
        : [`no answer to the upgrade: ${JSON.stringify(answer.slice(0, 100))}`],
    };
  }

  /** Bytes that may be no request: what counts is that nothing breaks, and that no code above 499 is given. */
  private async playRaw(chance: Chance): Promise<Played> {
    const known = Buffer.from(chance.pick(RAW_REQUESTS), 'latin1');
    const bytes = chance.happens(0.5)
      ? known
      : chance.happens(0.7)
        ? flipped(known, chance)
        : noise(chance);
    const answer = await this.talk(bytes, [], 1_000);
    const [line = ''] = answer.split('\r\n');
    return {
      sent: `raw ${JSON.stringify(bytes.subarray(0, 200).toString('latin1'))}`,
      got: line.slice(9, 12) || 'silence',
      problems: statusProblems(line, ''),
    };
  }

  /** Writes, waits for the status line, writes the rest, lingers, and goes away without a goodbye. */
  private async talk(first: Buffer, rest: Buffer[], patienceMs = PATIENCE_MS): Promise<string> {
    const socket: TLSSocket = connect({
      host: '127.0.0.1',
      port: this.target.port,
      rejectUnauthorized: false,
    });
    let answer = '';
    const closed = new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
    });
    socket.on('error', () => undefined);
    const answered = new Promise<void>((resolve) =>
      socket.on('data', (chunk: Buffer) => {
        if (answer.length < 4_096) answer += chunk.toString('latin1');
        if (answer.includes('\r\n')) resolve();
      }),
    );
    socket.write(first);
    await Promise.race([answered, closed, sleep(patienceMs)]);
    for (const piece of rest) {
      if (!socket.destroyed) socket.write(piece);
    }
    if (answer.startsWith('HTTP/1.1 101')) await Promise.race([closed, sleep(LINGER_MS)]);
    socket.destroy();
    return answer;
  }

  /** Beside the process itself: a well-behaved exec still works. */
  async check(): Promise<string[]> {
    const problems = await this.target.check();
    const { stdout, stderr } = await this.target.droppod.k('exec', POD, '--', 'echo', 'works');
    return stdout === 'works\n'
      ? problems
      : [...problems, `exec does not work any more: ${stderr}`];
  }

  isDown = (): boolean => !this.target.isAlive();
  memoryMiB = (): Promise<number> => Promise.resolve(this.target.memoryMiB());
  close = (): Promise<void> => this.target.close();
}

const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });

/** 501 is what a server says to a method that no server has (Node's parser, Go's as well). */
function statusProblems(line: string, request: string): string[] {
  const [, code = '0'] = /^HTTP\/1\.[01] (\d{3})/.exec(line) ?? [];
  return Number(code) >= 500 && code !== '505' && code !== '501'
    ? [`${line} ${request.split('\r\n')[0] ?? ''}`]
    : [];
}
