// What happened according to sources other than droppod: containers report when their runs begin, the engine when containers start and end.
import { createServer, type Server } from 'node:http';
import { inspectContainer } from '../../local/docker/containers.ts';
import { containerEvents } from '../../local/docker/events.ts';
import { CONTAINER_LABEL, ENGINE_LABEL, TASK_LABEL } from '../../local/agent/labels.ts';
import { systemClock } from '../../src/system-clock.ts';
import { docker } from '../podlet/lab.ts';

export interface Begun {
  uid: string;
  container: string;
  at: number;
  /** The address it came from: the sandbox. */
  from: string;
}

/** A small server on the bridge that records every begin. */
export class Ledger {
  readonly begun: Begun[] = [];
  private readonly server: Server = createServer((request, response) => {
    const [, what, uid = '', container = ''] = (request.url ?? '').split('/');
    if (what === 'begin')
      this.begun.push({ uid, container, at: Date.now(), from: request.socket.remoteAddress ?? '' });
    response.end('noted\n');
  });

  /** Returns its address and port, as nc takes them. */
  async open(host: string): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, host, resolve));
    const address = this.server.address();
    return `${host} ${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  of(uid: string, container: string): Begun[] {
    return this.begun.filter((one) => one.uid === uid && one.container === container);
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** Follows the engine's containers of one droppod: two tasks of a pod may never have living containers at once. */
export class EngineWatch {
  readonly violations: string[] = [];
  readonly tasksSeen = new Set<string>();
  private readonly alive = new Map<string, { task: string; name: string }>();
  private readonly podOf = new Map<string, string>();
  private readonly stop = new AbortController();
  private following: Promise<void> = Promise.resolve();

  async open(engine: string): Promise<void> {
    await new Promise<void>((resolve) => {
      this.following = this.follow(engine, resolve);
    });
  }

  private async follow(engine: string, onOpen: () => void): Promise<void> {
    for await (const { action, id, attributes } of containerEvents(docker, {
      labels: [`${ENGINE_LABEL}=${engine}`],
      actions: ['create', 'start', 'die', 'destroy'],
      clock: systemClock,
      signal: this.stop.signal,
      onOpen,
    })) {
      const [task = '', name = ''] = [attributes[TASK_LABEL], attributes[CONTAINER_LABEL]];
      if (action === 'create') await this.learn(id, task);
      if (action === 'start') this.started(id, task, name);
      if (action === 'die' || action === 'destroy') this.alive.delete(id);
    }
  }

  /** The podlet's environment names the pod. */
  private async learn(id: string, task: string): Promise<void> {
    this.tasksSeen.add(task);
    if (this.podOf.has(task)) return;
    const facts = (await inspectContainer(docker, id)) as
      { Config?: { Env?: string[] } } | undefined;
    const uid = facts?.Config?.Env?.find((line) => line.startsWith('DROPPOD_UID='))?.slice(
      'DROPPOD_UID='.length,
    );
    if (uid !== undefined) this.podOf.set(task, uid);
  }

  private started(id: string, task: string, name: string): void {
    const uid = this.podOf.get(task);
    const others = [...this.alive.values()].filter(
      (other) => other.task !== task && uid !== undefined && this.podOf.get(other.task) === uid,
    );
    if (others.length > 0)
      this.violations.push(
        `pod ${uid ?? ''}: ${name} of task ${task} starts while ${others.map((other) => `${other.name} of ${other.task}`).join(', ')} lives`,
      );
    this.alive.set(id, { task, name });
  }

  async close(): Promise<void> {
    this.stop.abort();
    await this.following;
  }
}
