// A bad network between podlets and the sync server: the kernel redirects the podlets' connections through here, where messages are
// lost, doubled and delayed. The product is unaware of it: the port is redirected on the bridge, and the certificate is the real one.
import { execFile, execFileSync } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request as httpsRequest, type Server } from 'node:https';
import { connect } from 'node:tls';
import type { Socket } from 'node:net';
import { promisify } from 'node:util';
import { readInstallation } from '../../local/installation.ts';
import { present } from '../../src/present.ts';
import type { Chance } from '../simulation/random.ts';

const run = promisify(execFile);
const LATEST_MS = 4_000;

export class BadLine {
  /** Probability that something happens to a message; 0: a good network. */
  badness = 0;
  readonly counts = { passed: 0, lost: 0, unanswered: 0, doubled: 0, late: 0 };
  private rule: string[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;
  private readonly agent = new Agent({ keepAlive: true, rejectUnauthorized: false });

  private constructor(
    private readonly chance: Chance,
    private readonly host: string,
    private readonly port: number,
    tls: { cert: string; key: string },
  ) {
    this.server = createServer(tls, (incoming, outgoing) => void this.pass(incoming, outgoing));
    this.server.on('upgrade', (incoming: IncomingMessage, socket: Socket, head: Buffer) =>
      this.tunnel(incoming, socket, head),
    );
    this.server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    this.server.on('tlsClientError', () => undefined);
    this.server.requestTimeout = 0;
  }

  /** undefined, with a printed line: this machine does not allow packets to be redirected. */
  static async open(
    directory: string,
    chance: Chance,
    log: (line: string) => void,
  ): Promise<BadLine | undefined> {
    const installation = readInstallation(directory);
    if (!installation) throw new Error(`no installation in ${directory}`);
    const { bridge, apiPort, certificates } = installation;
    const line = new BadLine(chance, bridge, apiPort, {
      cert: certificates.certificate,
      key: certificates.key,
    });
    await new Promise<void>((resolve) => line.server.listen(0, bridge, resolve));
    const address = line.server.address();
    const own = typeof address === 'object' && address !== null ? address.port : 0;
    line.rule = [
      'PREROUTING',
      '-t',
      'nat',
      '-d',
      `${bridge}/32`,
      '-p',
      'tcp',
      '--dport',
      String(apiPort),
      '-j',
      'REDIRECT',
      '--to-ports',
      String(own),
    ];
    try {
      await run('iptables', ['-w', '20', '-I', ...line.rule]);
      process.once('exit', line.onExit);
      return line;
    } catch (error) {
      log(
        `skipped: lost, doubled and late messages (iptables: ${error instanceof Error ? (error.message.split('\n').at(-2) ?? '') : ''})`,
      );
      line.rule = [];
      await line.close();
      return undefined;
    }
  }

  private async pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const body = Buffer.concat(chunks);
    const fate = incoming.url === '/sync' ? this.fate() : 'passed';
    this.counts[fate] += 1;
    if (fate === 'lost') return void incoming.socket.destroy();
    if (fate === 'late') await sleep(this.chance.below(LATEST_MS));
    if (fate === 'doubled')
      void sleep(this.chance.below(LATEST_MS)).then(() => this.forward(incoming, body));
    const gone = new AbortController();
    outgoing.on('close', () => gone.abort());
    const answer = await this.forward(incoming, body, gone.signal);
    if (answer === undefined || fate === 'unanswered') return void incoming.socket.destroy();
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
    answer.on('error', () => outgoing.destroy());
  }

  private fate(): keyof BadLine['counts'] {
    return this.chance.happens(this.badness)
      ? this.chance.pick(['lost', 'unanswered', 'doubled', 'late'] as const)
      : 'passed';
  }

  /** undefined: the API did not respond. */
  private forward(
    { method, url, headers }: IncomingMessage,
    body: Buffer,
    signal?: AbortSignal,
  ): Promise<IncomingMessage | undefined> {
    return new Promise((resolve) => {
      const sent = httpsRequest(
        {
          host: this.host,
          port: this.port,
          method,
          path: url,
          headers,
          agent: this.agent,
          ...present({ signal }),
        },
        (answer) => {
          // The copy of a doubled message has no reader.
          if (!signal) answer.resume();
          resolve(answer);
        },
      );
      sent.on('error', () => resolve(undefined));
      sent.end(body);
    });
  }

  private tunnel({ method, url, rawHeaders }: IncomingMessage, socket: Socket, head: Buffer): void {
    const upstream = connect(
      { host: this.host, port: this.port, rejectUnauthorized: false },
      () => {
        const lines = Array.from(
          { length: rawHeaders.length / 2 },
          (_, at) => `${rawHeaders[2 * at] ?? ''}: ${rawHeaders[2 * at + 1] ?? ''}`,
        );
        upstream.write(
          `${method ?? 'GET'} ${url ?? '/'} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`,
        );
        upstream.write(head);
        socket.pipe(upstream).pipe(socket);
      },
    );
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
  }

  /** An interrupted run leaves no rule in the kernel. */
  private readonly onExit = (): void => {
    execFileSync('iptables', ['-w', '20', '-D', ...this.rule]);
  };

  async close(): Promise<void> {
    process.removeListener('exit', this.onExit);
    if (this.rule.length > 0) await run('iptables', ['-w', '20', '-D', ...this.rule]);
    this.agent.destroy();
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
