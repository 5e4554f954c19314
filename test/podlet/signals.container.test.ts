// Signals and process 1, as in the kernel and in Kubernetes: the program is in the place of process 1 (real containers).
import { afterEach, describe, expect, it } from 'vitest';
import { killContainer } from '../../local/docker/containers.ts';
import { docker, order, Supervised } from './lab.ts';

/** Longer than supervise takes to check a blocked signal twice, and to deliver anything. */
const A_WHILE_MS = 600;
const aWhile = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, A_WHILE_MS));
const LOOP = 'while :; do sleep 0.05; done';

let box: Supervised;
afterEach(() => box.close());

/** A program that neither handles nor ignores any signal (a shell would: it catches INT until it executes another). */
async function sleeping(): Promise<void> {
  box = await Supervised.open();
  box.send(order(1, ['sleep', '1000']));
  await box.next('started');
  const executed = ['sh', '-c', 'grep -qsx sleep /proc/[0-9]*/comm'];
  await expect.poll(async () => (await box.exec(executed)).code).toBe(0);
}

/** A shell that has set all its traps, by signal, and waits. */
async function trapping(traps: Record<string, string>): Promise<void> {
  box = await Supervised.open();
  const set = Object.entries(traps).map(([signal, action]) => `trap "${action}" ${signal}; `);
  box.send(order(1, ['sh', '-c', `${set.join('')}touch /ready; ${LOOP}`]));
  await box.next('started');
  await expect.poll(async () => (await box.exec(['ls', '/ready'])).code).toBe(0);
}

const isUp = async (): Promise<boolean> => (await box.exec(['echo', 'up'])).text === 'up\n';

describe('a signal that the program neither handles nor ignores is not delivered', () => {
  it.each(['HUP', 'INT', 'QUIT', 'TERM', 'USR1', 'ABRT', 'RTMIN+3', 'SEGV'])(
    '%s by the podlet',
    async (signal) => {
      await sleeping();
      box.send({ type: 'kill', signal });
      await aWhile();
      expect(await isUp()).toBe(true);
    },
  );

  it('HUP, TERM, KILL and STOP by a command in the container', async () => {
    await sleeping();
    for (const signal of ['HUP', 'TERM', 'QUIT', 'USR2', 'KILL', 'STOP', 'SEGV', 'ABRT'])
      await box.exec(['kill', `-${signal}`, '1']);
    await aWhile();
    expect(await isUp()).toBe(true);
    expect(box.messages).toEqual([]);
  });

  it('KILL by the podlet is', async () => {
    await sleeping();
    box.send({ type: 'kill', signal: 'KILL' });
    expect(await box.next('exited')).toMatchObject({ code: 137 });
  });

  it('a shell without a trap works through its grace alone, and is killed at its end', async () => {
    box = await Supervised.open();
    box.send(
      order(1, ['sh', '-c', LOOP], {
        stop: { signal: 'SIGTERM', graceSeconds: 2, preStop: [], preStopSleepSeconds: 0 },
      }),
    );
    await box.next('started');
    box.sockets.close();
    const before = Date.now();
    expect(await box.stop(30)).toBe(137);
    expect(Date.now() - before).toBeGreaterThan(2_000);
  });
});

describe('one that it handles is', () => {
  it.each([
    ['SIGTERM', 'TERM'],
    ['HUP', 'HUP'],
    ['10', 'USR1'],
    ['SIGRTMIN+3', '37'],
    ['WINCH', 'WINCH'],
    ['QUIT', 'QUIT'],
  ])('%s by the podlet', async (signal, trap) => {
    await trapping({ [trap]: 'exit 9' });
    box.send({ type: 'kill', signal });
    expect(await box.next('exited')).toMatchObject({ code: 9 });
  });

  it.each(['TERM', 'HUP', 'QUIT', 'WINCH', 'USR2', 'CONT', 'TSTP', 'PIPE'])(
    '%s by a command in the container, at once and without a question',
    async (signal) => {
      await trapping({ [signal]: 'exit 9' });
      await box.exec(['kill', `-${signal}`, '1']);
      expect(await box.next('exited')).toMatchObject({ code: 9 });
      expect(box.messages.map(({ type }) => type)).not.toContain('term');
    },
  );

  it('three different ones in a row all arrive', async () => {
    await trapping({ USR1: 'echo one >>/got', USR2: 'echo two >>/got', HUP: 'echo three >>/got' });
    await box.exec(['sh', '-c', 'kill -USR1 1; kill -USR2 1; kill -HUP 1']);
    await expect
      .poll(async () => (await box.exec(['sh', '-c', 'sort /got'])).text)
      .toBe('one\nthree\ntwo\n');
  });

  it('by the program itself', async () => {
    box = await Supervised.open();
    expect(
      await box.run(1, ['sh', '-c', `trap "exit 9" TERM; kill -TERM 1; ${LOOP}`]),
    ).toMatchObject({ code: 9 });
    expect(await box.run(2, ['true'])).toMatchObject({ code: 0 });
  });

  it('while no podlet is there', async () => {
    await trapping({ HUP: 'echo reloaded >>/got' });
    await box.exec(['sh', '-c', 'echo "sleep 1; kill -HUP 1" | sh >/dev/null 2>&1 &']);
    box.sockets.close();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    box.messages.length = 0;
    box.reopen();
    expect(await box.next('hello')).toMatchObject({ run: 1 });
    await expect.poll(async () => (await box.exec(['cat', '/got'])).text).toBe('reloaded\n');
  });

  it('while the engine stops the container: preStop may end the program by its own signal', async () => {
    await trapping({ QUIT: 'exit 5', TERM: 'exit 6' });
    const stopped = box.stop(20);
    await box.next('term');
    box.send({ type: 'ack', forward: false });
    await box.exec(['kill', '-QUIT', '1']);
    expect(await box.next('exited')).toMatchObject({ code: 5 });
    box.send({ type: 'quit' });
    expect(await stopped).toBe(0);
  });
});

describe("the engine's own signal is a question", () => {
  it('reported as term and not delivered before the answer', async () => {
    await trapping({ TERM: 'exit 9' });
    await killContainer(docker, box.id, 'SIGTERM');
    expect(await box.next('term')).toMatchObject({ signal: '15' });
    expect(await isUp()).toBe(true);
    box.send({ type: 'ack', forward: true });
    expect(await box.next('exited')).toMatchObject({ code: 9 });
  });
});

describe('with shared processes', () => {
  it('no program is process 1: it gets what it does not handle too', async () => {
    const first = await Supervised.open();
    box = await Supervised.open({ PidMode: `container:${first.id}` });
    box.send(order(1, ['sleep', '1000']));
    await box.next('started');
    box.send({ type: 'kill', signal: 'TERM' });
    expect(await box.next('exited')).toMatchObject({ code: 143 });
    await first.close();
  });
});
