// Pods in waves on real containers, while droppod, its podlets and their messages are disturbed; then calm, and a check of everything.
import { bridgeGateway } from '../../local/docker/system.ts';
import type { KubeObject, Pod } from '../../src/kinds/pod.ts';
import { present } from '../../src/present.ts';

import { toPod } from '../../src/pod/model/to-pod.ts';
import { docker } from '../podlet/lab.ts';
import { chance as makeChance, type Chance } from '../simulation/random.ts';
import { BadLine } from './bad-line.ts';
import { EngineWatch, Ledger } from './ledger.ts';
import { CONFIG, drawPod, manifestOf, SECRET, type DrawnPod } from './pods.ts';
import { checkNothingLeft, checkPod } from './rules.ts';
import { Stage } from './stage.ts';
import { BLOWS, Trouble, type Blow } from './trouble.ts';

export interface OrdealOptions {
  seed: number;
  pods: number;
  /** Concurrent pods. */
  wave: number;
  /** How long each wave is disturbed. */
  troubledMs: number;
  /** How long it may take to come to rest. */
  restMs: number;
  /** The kinds to draw from. */
  kinds?: readonly Blow[];
  /** Applied once each, in this order, instead of drawn ones. */
  blows?: readonly Blow[];
  log: (line: string) => void;
}

export interface Outcome {
  problems: string[];
  pods: number;
  blows: { [blow: string]: number };
  messages: BadLine['counts'] | undefined;
  tasks: number;
  runs: number;
  /** Longest time from calm to rest. */
  slowestRestMs: number;
}

const PODS = '/api/v1/namespaces/default/pods';
const JSON_BODY = { 'content-type': 'application/json' };
const LOOK_MS = 1_500;
const BADNESS = 0.25;
const DELETED = 0.15;

class Ordeal {
  readonly stage = new Stage();
  readonly ledger = new Ledger();
  readonly engine = new EngineWatch();
  readonly chance: Chance;
  readonly trouble: Trouble;
  readonly problems: string[] = [];
  line: BadLine | undefined;
  address = '';
  slowestRestMs = 0;
  private readonly began = Date.now();

  constructor(readonly options: OrdealOptions) {
    this.chance = makeChance(options.seed);
    this.trouble = new Trouble(
      this.stage,
      makeChance(options.seed + 1),
      options.kinds ?? BLOWS,
      (line) => this.log(line),
    );
  }

  log(line: string): void {
    this.options.log(`${((Date.now() - this.began) / 1000).toFixed(1).padStart(7)} ${line}`);
  }

  async open(): Promise<void> {
    await this.stage.open((line) => this.log(line));
    this.address = await this.ledger.open(await bridgeGateway(docker));
    await this.engine.open(this.stage.engine);
    this.line = await BadLine.open(
      this.stage.directory,
      makeChance(this.options.seed + 2),
      (line) => this.log(line),
    );
    await this.stage.target.create('/api/v1/namespaces/default/configmaps', {
      metadata: { name: CONFIG },
      data: { key: 'value' },
    });
    await this.stage.target.create('/api/v1/namespaces/default/secrets', {
      metadata: { name: SECRET },
      stringData: { key: 'hidden' },
    });
  }

  async close(): Promise<void> {
    await this.line?.close();
    await this.stage.close();
    await this.engine.close();
    this.ledger.close();
  }

  /** Repeats until the API accepts it: it may be down, or have accepted it without responding. */
  private async insist(method: string, path: string, good: number[], body?: object): Promise<void> {
    let last = '';
    for (const end = Date.now() + this.options.restMs; Date.now() < end; await sleep(300)) {
      const { status, text } = await this.stage.target.ask({
        method,
        path,
        headers: body ? JSON_BODY : {},
        ...present({ body: body ? Buffer.from(JSON.stringify(body)) : undefined }),
      });
      if (good.includes(status)) return;
      last = `${status} ${text.slice(0, 300)}`;
      if (status >= 400 && status < 500) break;
    }
    this.problems.push(`${method} ${path} was never taken: ${last}`);
  }

  private async pods(): Promise<Pod[] | undefined> {
    const { status, text } = await this.stage.target.ask({
      method: 'GET',
      path: PODS,
      headers: {},
    });
    return status === 200
      ? (JSON.parse(text) as { items: KubeObject[] }).items.map((item) => toPod(item))
      : undefined;
  }

  async wave(drawn: DrawnPod[]): Promise<void> {
    const deleted = new Set<string>();
    if (this.line) this.line.badness = BADNESS;
    const creating = (async () => {
      for (const one of drawn) {
        await this.insist('POST', PODS, [201, 409], manifestOf(one, this.address));
        await sleep(this.chance.below(this.options.troubledMs / drawn.length));
      }
      for (const one of drawn) {
        if (!this.chance.happens(DELETED)) continue;
        deleted.add(one.name);
        await this.insist(
          'DELETE',
          `${PODS}/${one.name}${this.chance.happens(0.3) ? '?gracePeriodSeconds=0' : ''}`,
          [200, 202, 404],
        );
      }
    })();
    await Promise.all([creating, this.strikes()]);
    await this.trouble.over();
    if (this.line) this.line.badness = 0;
    this.log('calm');
    await this.rest(
      drawn.filter(({ name }) => !deleted.has(name)),
      deleted,
    );
    await this.deleteAll();
  }

  private async strikes(): Promise<void> {
    const { blows, troubledMs } = this.options;
    if (blows) {
      for (const blow of blows) {
        await sleep(troubledMs / (blows.length + 1));
        await this.strike(blow);
      }
      return;
    }
    for (const end = Date.now() + troubledMs; Date.now() < end;) {
      await sleep(500 + this.chance.below(2_500));
      await this.strike();
    }
  }

  /** Disturbs the process, which keeps running by itself unless it was killed. */
  private async strike(blow?: Blow): Promise<void> {
    await this.trouble.strike(blow);
    this.notice(await this.stage.target.revive());
  }

  private notice(crashes: string[]): void {
    for (const crash of crashes) this.log(crash);
    this.problems.push(...crashes);
  }

  /** Checks until nothing is wrong, or the time is over; what is wrong then stays on the list. */
  private async settle(look: () => Promise<string[]>): Promise<void> {
    let problems: string[] = [];
    for (const end = Date.now() + this.options.restMs; ; await sleep(LOOK_MS)) {
      this.notice(await this.stage.target.revive());
      problems = await look().catch((error: unknown) => [
        `cannot look: ${error instanceof Error ? error.message : String(error)}`,
      ]);
      if (problems.length === 0 || Date.now() > end) break;
    }
    this.problems.push(...problems);
    this.log(`${problems.length} problems`);
  }

  private async rest(drawn: DrawnPod[], deleted: Set<string>): Promise<void> {
    const began = Date.now();
    const before = this.problems.length;
    await this.settle(() => this.look(drawn, deleted));
    if (this.problems.length > before)
      await this.describe(drawn).catch((error: unknown) => this.log(String(error)));
    this.slowestRestMs = Math.max(this.slowestRestMs, Date.now() - began);
    this.log(`at rest after ${Date.now() - began} ms`);
  }

  /** For debugging: everything known about the pods that are wrong. */
  private async describe(drawn: DrawnPod[]): Promise<void> {
    const [pods = [], records, containers] = [
      await this.pods(),
      await this.stage.records(),
      await this.stage.containers(),
    ];
    for (const { name } of drawn.filter((one) =>
      this.problems.some((problem) => problem.startsWith(`${one.name}:`)),
    )) {
      const pod = pods.find(({ metadata }) => metadata.name === name);
      const record = records.find(({ uid }) => uid === pod?.metadata.uid);
      const tasks = [record?.task.arn, ...(record?.tasks ?? []).map(({ taskArn }) => taskArn)];
      this.log(
        `${name} ${JSON.stringify({ blows: this.trouble.suffered.get(pod?.metadata.uid ?? ''), status: pod?.status, record, containers: containers.filter(({ task }) => tasks.includes(task as never)) })}`,
      );
    }
  }

  private async look(drawn: DrawnPod[], deleted: Set<string>): Promise<string[]> {
    const pods = await this.pods();
    if (!pods) return ['the API does not list pods'];
    const [records, containers] = [await this.stage.records(), await this.stage.containers()];
    const find = (name: string): Pod | undefined =>
      pods.find(({ metadata }) => metadata.name === name);
    const stayed = [...deleted]
      .filter((name) => find(name) !== undefined)
      .map((name) => `${name} was deleted and is still there`);
    const wrong = drawn.flatMap((one) => {
      const pod = find(one.name);
      const uid = pod?.metadata.uid ?? '';
      return checkPod({
        drawn: one,
        pod,
        record: records.find((record) => record.uid === uid),
        blows: this.trouble.suffered.get(uid) ?? [],
        ledger: this.ledger,
        containers,
      });
    });
    return [...stayed, ...wrong];
  }

  private async deleteAll(): Promise<void> {
    await this.insist('DELETE', `${PODS}?labelSelector=chaos%3Dyes`, [200]);
    await this.settle(async () => {
      const pods = ((await this.pods()) ?? []).map(({ metadata: { name = '' } }) => name);
      const [records, heartbeats] = [await this.stage.records(), await this.stage.stored('beat/')];
      return checkNothingLeft({
        pods,
        containers: await this.stage.containers(),
        volumes: await this.stage.volumes(),
        records,
        heartbeats,
      });
    });
  }
}

/** The whole run; every problem is a sentence. */
export async function ordeal(options: OrdealOptions): Promise<Outcome> {
  const run = new Ordeal(options);
  try {
    await run.open();
    const drawn = Array.from({ length: options.pods }, (_, index) => drawPod(run.chance, index));
    for (let from = 0; from < drawn.length; from += options.wave) {
      run.log(`wave of ${Math.min(options.wave, drawn.length - from)}`);
      await run.wave(drawn.slice(from, from + options.wave));
    }
  } finally {
    await run.close();
  }
  return {
    problems: [...run.problems, ...run.engine.violations],
    pods: options.pods,
    blows: Object.fromEntries(BLOWS.map((blow) => [blow, run.trouble.done.get(blow) ?? 0])),
    messages: run.line?.counts,
    tasks: run.engine.tasksSeen.size,
    runs: run.ledger.begun.length,
    slowestRestMs: run.slowestRestMs,
  };
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
