// A small sync endpoint for tests: keeps reports, responds with one desired state, holds requests open until it changes.
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type {
  Desired,
  PodletEvent,
  Refusal,
  Report,
  StartOrder,
} from '../../src/protocol/messages.ts';

const HOLD_MS = 2_000;

/** A plain start order. */
export function startOrder(argv: string[], more: Partial<StartOrder> = {}): StartOrder {
  return {
    argv,
    env: [['PATH', '/bin']],
    cwd: '/',
    logNonce: 'n',
    user: {
      user: '0',
      group: '',
      supplementalGroups: [],
      groupsPolicy: 'Merge',
      noNewPrivileges: false,
      runAsNonRoot: false,
      capabilities: { add: [], drop: [] },
    },
    stop: { signal: 'SIGTERM', graceSeconds: 30 },
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    terminationMessageBytes: 4096,
    ...more,
  };
}

export const nothing = (): Desired => ({
  containers: {},
  volumes: {},
  acknowledged: [],
  sessions: [],
  syncAgainMs: 0,
  pod: { name: 'p', namespace: 'ns' },
});

export class SyncServer {
  readonly reports: Report[] = [];
  readonly tokens = new Set<string>();
  readonly events: PodletEvent[] = [];
  readonly arrivals: number[] = [];
  /** Status to refuse with, in the API's own format. */
  refuse: number | undefined;
  desired: Desired = nothing();
  url = '';
  private answered = '';
  private changed: (() => void)[] = [];
  private sockets: ((socket: WebSocket) => void)[] = [];
  private readonly server: Server = createServer(
    (request, response) => void this.serve(request, response),
  );

  async listen(host: string): Promise<string> {
    const upgrades = new WebSocketServer({ server: this.server });
    upgrades.on('connection', (socket) => this.sockets.shift()?.(socket));
    await new Promise<void>((resolve) => this.server.listen(0, host, resolve));
    const address = this.server.address();
    this.url = `http://${host}:${typeof address === 'object' && address !== null ? address.port : 0}`;
    return this.url;
  }

  /** Changes the desired state; held requests are answered with it. */
  want(change: (desired: Desired) => void): void {
    change(this.desired);
    for (const look of this.changed.splice(0)) look();
  }

  get last(): Report | undefined {
    return this.reports.at(-1);
  }

  /** The first report that satisfies the condition, existing or future. */
  async until(satisfies: (report: Report) => boolean, patienceMs = 60_000): Promise<Report> {
    const end = Date.now() + patienceMs;
    for (let from = 0; Date.now() < end;) {
      for (; from < this.reports.length; from += 1) {
        const report = this.reports[from];
        if (report !== undefined && satisfies(report)) return report;
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    throw new Error(`no such report; last: ${JSON.stringify(this.last)}`);
  }

  /** The podlet's next WebSocket. */
  nextSocket(): Promise<WebSocket> {
    return new Promise((resolve) => this.sockets.push(resolve));
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    this.tokens.add(request.headers.authorization ?? '');
    if (this.refuse !== undefined)
      return void response
        .writeHead(this.refuse)
        .end(JSON.stringify({ leave: { reason: 'refused' } } satisfies Refusal));
    const report: Report = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    this.reports.push(report);
    this.arrivals.push(performance.now());
    for (const event of report.events)
      if (!this.events.some(({ id }) => id === event.id)) this.events.push(event);
    if (
      JSON.stringify(this.desired) === this.answered &&
      report.done !== true &&
      report.prompt !== true
    )
      await this.wait();
    this.answered = JSON.stringify(this.desired);
    response.end(
      JSON.stringify({ ...this.desired, acknowledged: report.events.map(({ id }) => id) }),
    );
  }

  private wait(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, HOLD_MS);
      this.changed.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
