// The sync door, as a podlet that was taken over would use it: the pod's own credential with forged reports, and credentials that are wrong.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Chance } from '../simulation/random.ts';
import type { Report } from '../../src/protocol/messages.ts';
import { CONTAINER_LABEL, ENGINE_LABEL, TASK_LABEL } from '../../local/agent/labels.ts';
import { readInstallation } from '../../local/installation.ts';
import { bootstrapToken } from '../../src/auth/podlet-credential.ts';
import { PODLET_CONTAINER } from '../../src/fargate/podlet-definition.ts';
import { present } from '../../src/present.ts';
import type { Door, Played } from './door.ts';
import type { Target } from './target.ts';
import {
  flipped,
  INTEGERS,
  noise,
  own,
  PROTOTYPE_NAMES,
  spoilt,
  TEXTS,
  type Value,
} from './values.ts';

const run = promisify(execFile);
const PODS = '/api/v1/namespaces/default/pods';
/** A report may be held open for news: that is no hang. */
const HELD_MS = 2_000;
const READERS = [
  'application/json',
  'application/json;as=Table;v=v1;g=meta.k8s.io',
  'application/yaml',
];

interface Victim {
  name: string;
  uid: string;
  secret: string;
  taskArn: string;
}

/** The secret that the podlet made, read from its container. */
async function secretOf(container: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'droppod-fuzz-'));
  try {
    await run('docker', ['cp', `${container}:/podlet/state/secret`, directory]);
    return readFileSync(join(directory, 'secret'), 'utf8');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export class SyncDoor implements Door {
  readonly name = 'sync';
  readonly width = 3;
  private victim: Victim | undefined;
  private victims = 0;
  private sequence = 0;
  constructor(private readonly target: Target) {}

  async open(): Promise<void> {
    await this.target.open();
    await this.newVictim();
  }

  /** A running pod whose podlet is stopped in its tracks, so that only forged reports come for it. */
  private async newVictim(): Promise<void> {
    const name = `victim${this.victims++}`;
    const container = (one: string): object => ({
      name: one,
      image: 'busybox',
      command: ['sleep', '100000'],
    });
    const spec = {
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 1,
      volumes: [{ name: 'v', emptyDir: {} }],
      initContainers: [{ ...container('init'), command: ['true'] }],
      containers: [container('a'), container('b')],
    };
    await this.target.create(PODS, { metadata: { name }, spec });
    const {
      metadata: { uid },
    } = await this.target.droppod.until(
      name,
      ({ status }) =>
        status.containerStatuses?.some(({ state }) => state.running !== undefined) ?? false,
      60,
    );
    const podlet = await this.podletOf(uid);
    await run('docker', ['pause', podlet.id]);
    this.victim = { name, uid, taskArn: podlet.taskArn, secret: await secretOf(podlet.id) };
  }

  private async podletOf(uid: string): Promise<{ id: string; taskArn: string }> {
    const engine = readInstallation(this.target.droppod.data)?.id ?? '';
    const { stdout } = await run('docker', [
      'ps',
      '-q',
      '--no-trunc',
      '--filter',
      `label=${ENGINE_LABEL}=${engine}`,
    ]);
    for (const id of stdout.split('\n').filter(Boolean)) {
      const [facts] = JSON.parse((await run('docker', ['inspect', id])).stdout) as {
        Config: { Env: string[]; Labels: { [key: string]: string } };
      }[];
      if (
        facts?.Config.Labels[CONTAINER_LABEL] === PODLET_CONTAINER &&
        facts.Config.Env.includes(`DROPPOD_UID=${uid}`)
      )
        return { id, taskArn: facts.Config.Labels[TASK_LABEL] ?? '' };
    }
    throw new Error(`pod ${uid} has no podlet`);
  }

  async play(chance: Chance): Promise<Played> {
    const { uid, secret } = this.victim!;
    const key = readInstallation(this.target.droppod.data)?.podletKey ?? '';
    const body = this.body(chance);
    const right = `Bearer ${bootstrapToken(key, uid, 1)}.${secret}`;
    const authorization = chance.happens(0.85)
      ? right
      : chance.pick([
          '',
          'Bearer x',
          `Bearer ${'0'.repeat(64)}.${secret}`,
          right.slice(0, -1),
          `${right}x`,
          `Bearer ${bootstrapToken(key, uid, 1)}.${'a'.repeat(43)}`,
          `Bearer ${this.target.token}`,
          `Bearer ${bootstrapToken(key, uid, 2)}.${secret}`,
          `Bearer ${bootstrapToken(key, 'constructor', 1)}.${secret}`,
        ]);
    const method = chance.happens(0.97) ? 'POST' : chance.pick(['GET', 'PUT', 'DELETE', 'HEAD']);
    const { status, text } = await this.target.ask(
      {
        method,
        path: '/sync',
        headers: { authorization, 'content-type': 'application/json' },
        ...present({ body: method === 'POST' ? body : undefined }),
      },
      HELD_MS,
    );
    const problems = this.isDown()
      ? ['the serving process ended while this was under way']
      : status >= 500
        ? [`${status}: ${text.slice(0, 300)}`]
        : status === 0 && !/within/.test(text)
          ? [`no answer: ${text}`]
          : [];
    return {
      sent: `${method} ${authorization === right ? 'right' : 'wrong'} credential ${body.subarray(0, 700).toString()}`,
      got: status === 0 ? 'held' : String(status),
      problems,
    };
  }

  private body(chance: Chance): Buffer {
    const report = this.report(chance);
    const forged = chance.happens(0.3)
      ? (report as unknown as Value)
      : spoilt(report as unknown as Value, chance);
    const bytes = Buffer.from(JSON.stringify(forged));
    if (chance.happens(0.03)) return noise(chance);
    if (chance.happens(0.02))
      return Buffer.concat([
        bytes.subarray(0, -1),
        Buffer.from(`,"pad":"${'x'.repeat(chance.pick([1 << 20, 3 << 20]))}"}`),
      ]);
    return chance.happens(0.08) ? flipped(bytes, chance) : bytes;
  }

  /** Of the right form, its contents invented. */
  private report(chance: Chance): Report {
    const text = (): string => chance.pick([...TEXTS, 'x'.repeat(16_384)]);
    const time = (): string =>
      chance.pick([
        '2026-01-01T00:00:00.000000Z',
        '9999-12-31T23:59:59Z',
        '+275760-09-13T00:00:00Z',
        '-271821-04-20T00:00:00Z',
        '0001-01-01T00:00:00Z',
        '1',
        'Jan 1 2026',
        new Date(0).toISOString(),
      ]);
    const count = (): number =>
      chance.pick([0, 1, 1, 2, 3, 1_000, 2 ** 31, Number.MAX_SAFE_INTEGER]);
    const flag = (): boolean => chance.happens(0.5);
    const someRun = (): object => ({
      run: count(),
      started: flag(),
      ready: flag(),
      ...present({ startedAt: flag() ? time() : undefined }),
      ...(flag() ? { finishedAt: time(), exitCode: chance.pick([...INTEGERS, 0, 1, 137]) } : {}),
      ...(chance.happens(0.2)
        ? { oom: flag(), killedByProbe: flag(), startError: text(), postStartError: text() }
        : {}),
      ...present({ message: flag() ? text() : undefined }),
      ...(chance.happens(0.2)
        ? { reason: text(), user: { uid: count(), gid: count(), groups: [count()] } }
        : {}),
    });
    const container = (): object => ({
      hello: flag(),
      ...present({
        runtimeId: flag() ? text() : undefined,
        run: flag() ? someRun() : undefined,
        waiting: chance.happens(0.2) ? { reason: text(), message: text() } : undefined,
        term: chance.happens(0.1) ? flag() : undefined,
      }),
    });
    const names = [
      'a',
      'b',
      'init',
      ...(chance.happens(0.2) ? [chance.pick(PROTOTYPE_NAMES), 'x'] : []),
    ];
    const containers = names.reduce<object>(
      (all, name) => Object.assign(all, own(name, container() as Value)),
      {},
    );
    const events = Array.from({ length: chance.pick([0, 0, 1, 3, 200]) }, (_, index) => ({
      id: chance.pick([`f-${index}`, text()]),
      at: time(),
      type: chance.pick(['Normal', 'Warning'] as const),
      reason: text(),
      message: text(),
      ...present({ container: flag() ? text() : undefined }),
    }));
    return {
      uid: this.victim!.uid,
      taskArn: this.victim!.taskArn,
      attempt: chance.pick([1, 1, 1, 1, 1, count()]),
      bootId: 'forged',
      sequence: ++this.sequence,
      prompt: true,
      sandboxReady: chance.happens(0.9),
      containers: containers as Report['containers'],
      events,
      ...present({
        podIP: flag()
          ? chance.pick(['127.0.0.1', '169.254.169.254', '10.0.0.1', '::1', text()])
          : undefined,
      }),
      ...(chance.happens(0.2) ? { hostIP: text(), resolvConf: text() } : {}),
      ...present({
        done: chance.happens(0.02) ? true : undefined,
        volumes: chance.happens(0.2)
          ? (own(chance.pick(['v', ...PROTOTYPE_NAMES]), text()) as Report['volumes'] & object)
          : undefined,
        evict: chance.happens(0.02) ? text() : undefined,
      }),
    };
  }

  /** The pod must be readable in every form, its events too; one that is over gives way to the next. */
  async check(): Promise<string[]> {
    const { name } = this.victim!;
    const problems = await this.target.check();
    for (const accept of READERS) {
      for (const path of [
        `${PODS}/${name}`,
        PODS,
        '/api/v1/namespaces/default/events',
        `${PODS}/${name}/log?container=a`,
      ]) {
        const { status, text } = await this.target.ask({
          method: 'GET',
          path,
          headers: { accept },
        });
        if (status >= 500 || status === 0)
          problems.push(`GET ${path} as ${accept}: ${status} ${text.slice(0, 200)}`);
      }
    }
    const { text } = await this.target.ask({ method: 'GET', path: `${PODS}/${name}`, headers: {} });
    if (
      /"phase":"(Failed|Succeeded)"/.test(text) ||
      !text.includes(this.victim!.uid) ||
      this.sequence > 400 * this.victims
    )
      problems.push(...(await this.replace()));
    return problems;
  }

  /** Whatever was reported of it, the pod can be deleted and its containers go. */
  private async replace(): Promise<string[]> {
    const { name, uid } = this.victim!;
    const podlet = await this.podletOf(uid).catch(() => undefined);
    if (podlet !== undefined) await run('docker', ['unpause', podlet.id]).catch(() => undefined);
    const { status } = await this.target.ask({
      method: 'DELETE',
      path: `${PODS}/${name}?gracePeriodSeconds=1`,
      headers: {},
    });
    const problems = status >= 500 ? [`DELETE of the pod: ${status}`] : [];
    for (
      const end = Date.now() + 90_000;
      ;
      await new Promise((resolve) => setTimeout(resolve, 500))
    ) {
      const left = await this.target.ask({ method: 'GET', path: `${PODS}/${name}`, headers: {} });
      if (left.status === 404) break;
      if (Date.now() > end) {
        problems.push(`the pod does not go: ${left.text.slice(0, 600)}`);
        break;
      }
    }
    await this.newVictim();
    return problems;
  }

  isDown = (): boolean => !this.target.isAlive();
  memoryMiB = (): Promise<number> => Promise.resolve(this.target.memoryMiB());
  close = (): Promise<void> => this.target.close();
}
