// A test with a real client: a droppod of its own, the client's programs beside it, and what they print where the test fails.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { testDroppod, type TestDroppod } from '../e2e/droppod.ts';
import { begin } from '../e2e/shared-droppod.ts';

interface Program {
  /** All that it printed so far. */
  output(): string;
  /** Signals it and waits for its end; returns its exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  /** Waits for its end; returns its exit code. */
  done(): Promise<number | null>;
}

export interface ClientDroppod {
  dp: TestDroppod;
  /** Starts a program that finds the API by KUBECONFIG. */
  start(program: string, words: string[], more?: Record<string, string>): Program;
  /** Runs a program to its end; fails with its output unless it ends with 0. */
  runs(program: string, words: string[], more?: Record<string, string>): Promise<string>;
  /** Applies an object by kubectl. */
  applied(object: object): Promise<void>;
  /** Waits until this field of the object, as kubectl prints it, matches; returns it. */
  seen(object: string, path: string, pattern: RegExp): Promise<string>;
}

interface Started {
  child: ChildProcess;
  name: string;
  output: () => string;
}

/** A test that is left out where the client could not be had (`obtained` is undefined then, and why is printed). */
export function itWith<T>(
  obtained: T | undefined,
  title: string,
  body: (client: ClientDroppod, obtained: T) => Promise<void>,
): void {
  it.skipIf(obtained === undefined)(title, async () => {
    const dp = testDroppod();
    const started: Started[] = [];
    try {
      await begin(dp);
      await body(clientOf(dp, started), obtained as T);
    } finally {
      endAll(started);
      await dp.purge();
    }
  });
}

function endAll(started: Started[]): void {
  for (const { child, name, output } of started) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    process.stderr.write(`${name} was still there; it printed:\n${output().slice(-4000)}\n`);
  }
}

function clientOf(dp: TestDroppod, started: Started[]): ClientDroppod {
  const start: ClientDroppod['start'] = (name, words, more = {}) => {
    const env = { ...process.env, KUBECONFIG: dp.kubeconfig, HOME: dp.data, ...more };
    const child = spawn(name, words, { cwd: dp.data, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => void chunks.push(text));
    const output = (): string => chunks.join('');
    started.push({ child, name, output });
    const closed = once(child, 'close');
    const done = async (): Promise<number | null> => ((await closed) as [number | null])[0];
    return {
      output,
      done,
      end: (signal) => {
        child.kill(signal);
        return done();
      },
    };
  };

  return {
    dp,
    start,
    runs: async (name, words, more) => {
      const program = start(name, words, more);
      const exit = await program.done();
      expect(exit, program.output()).toBe(0);
      return program.output();
    },
    applied: async (object) => {
      const said = await dp.kIn(JSON.stringify(object), 'apply', '-f', '-');
      expect(said.code, said.stderr).toBe(0);
      if ('kind' in object && object.kind === 'CustomResourceDefinition')
        await dp.k('wait', '--for=condition=established', 'crd', '--all', '--timeout=60s');
    },
    seen: async (object, path, pattern) => {
      const words = ['get', object, '-o', `jsonpath=${path}`, '--ignore-not-found'];
      const read = async (): Promise<string> => (await dp.k(...words)).stdout;
      await expect.poll(read, { timeout: 240_000, interval: 300 }).toMatch(pattern);
      return read();
    },
  };
}
