// The droppod that is fuzzed: a real one of its own, looked at from outside, and started again when it dies.
import { readFileSync, existsSync } from 'node:fs';
import { request as httpsRequest, Agent } from 'node:https';
import { placeOf, readAccess } from '../../local/cli/place.ts';
import { present } from '../../src/present.ts';
import { testDroppod, type TestDroppod } from '../e2e/droppod.ts';
import type { ApiRequest } from './requests.ts';

/** Longer than the API may take for one request on a loaded machine. */
export const PATIENCE_MS = 20_000;

export interface ApiAnswer {
  /** 0: no answer came. */
  status: number;
  text: string;
  ms: number;
}

const newAgent = (): Agent =>
  new Agent({ keepAlive: true, rejectUnauthorized: false, maxSockets: 16 });

export class Target {
  private agent = newAgent();
  private serving = 0;
  private users = 0;

  constructor(readonly droppod: TestDroppod = testDroppod()) {}

  /** Several doors may share it: the first starts it, the last takes it down. */
  async open(): Promise<void> {
    this.users += 1;
    if (this.users === 1) await this.up();
  }

  async close(): Promise<void> {
    this.users -= 1;
    if (this.users > 0) return;
    this.agent.destroy();
    await this.droppod.purge();
  }

  /** kill -9 of the serving process, and a new start. */
  async restart(): Promise<void> {
    if (this.isAlive()) process.kill(this.serving, 'SIGKILL');
    while (this.isAlive()) await new Promise((resolve) => setTimeout(resolve, 50));
    await this.up();
  }

  private async up(): Promise<void> {
    this.agent.destroy();
    this.agent = newAgent();
    const { code, stderr } = await this.droppod.up('--no-hello');
    if (code !== 0) throw new Error(`droppod does not come up: ${stderr}`);
    this.serving = this.droppod.pid();
  }

  get port(): number {
    return Number(new URL(this.access().server).port);
  }

  get token(): string {
    return this.access().token;
  }

  private access(): { server: string; token: string } {
    const access = readAccess(placeOf(this.droppod.data));
    if (!access) throw new Error('droppod wrote no kubeconfig');
    return access;
  }

  isAlive(): boolean {
    try {
      return readFileSync(`/proc/${this.serving}/stat`, 'utf8').split(') ')[1]?.[0] !== 'Z';
    } catch {
      return false;
    }
  }

  /** Resident memory of the serving process. */
  memoryMiB(): number {
    const [, kib = '0'] =
      /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${this.serving}/status`, 'utf8')) ?? [];
    return Number(kib) / 1024;
  }

  /** What is wrong with it; a dead one is up again afterwards. */
  async check(): Promise<string[]> {
    const problems: string[] = [];
    if (this.isAlive()) {
      const { status, ms } = await this.ask({ method: 'GET', path: '/readyz', headers: {} });
      if (status !== 200) problems.push(`/readyz answers ${status} after ${Math.round(ms)} ms`);
    }
    return [...problems, ...(await this.revive())];
  }

  /** Starts it again where it has ended by itself, and says so. */
  async revive(): Promise<string[]> {
    if (this.isAlive()) return [];
    const problem = `the serving process crashed: ${this.lastLines()}`;
    await this.up();
    return [problem];
  }

  private lastLines(): string {
    const log = placeOf(this.droppod.data).log;
    return existsSync(log)
      ? readFileSync(log, 'utf8').trimEnd().split('\n').slice(-12).join('\n')
      : '';
  }

  /** One request as the administrator (unless its headers say otherwise). */
  ask({ method, path, headers, body }: ApiRequest, patienceMs = PATIENCE_MS): Promise<ApiAnswer> {
    const began = performance.now();
    return new Promise((resolve) => {
      const answer = (status: number, text: string): void =>
        resolve({ status, text, ms: performance.now() - began });
      const sent = httpsRequest(
        {
          host: '127.0.0.1',
          port: this.port,
          method,
          path,
          agent: this.agent,
          headers: {
            authorization: `Bearer ${this.token}`,
            ...headers,
            ...present({ 'content-length': body ? body.length : undefined }),
          },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', () =>
            answer(incoming.statusCode ?? 0, Buffer.concat(chunks).toString()),
          );
          incoming.on('end', () =>
            answer(incoming.statusCode ?? 0, Buffer.concat(chunks).toString()),
          );
        },
      );
      sent.setTimeout(patienceMs, () =>
        sent.destroy(new Error(`no answer within ${patienceMs} ms`)),
      );
      sent.on('error', (error) => answer(0, error.message));
      sent.end(body);
    });
  }

  /** An object that must be there for the others: created, or left as it is. */
  async create(path: string, object: object): Promise<void> {
    const { status, text } = await this.ask({
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(object)),
    });
    if (status !== 201 && status !== 409) throw new Error(`POST ${path}: ${status} ${text}`);
  }
}
