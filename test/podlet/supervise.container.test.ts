// supervise in real containers: what it starts, how it reports, and what it leaves behind.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { order, Supervised } from './lab.ts';

let box: Supervised;
let run = 0;
const next = (): number => (run += 1);

/** One container for all tests of a block. */
function inOneContainer(): void {
  beforeAll(async () => {
    box = await Supervised.open({ Tmpfs: { '/v': '' } });
    run = 0;
  });
  afterAll(() => box.close());
  afterEach(() => {
    box.messages.length = 0;
  });
}

describe('in one container', () => {
  inOneContainer();

  it.each([
    ['exit 0', ['sh', '-c', 'exit 0'], 0],
    ['exit 3', ['sh', '-c', 'exit 3'], 3],
    ['exit 255', ['sh', '-c', 'exit 255'], 255],
    ['TERM', ['sh', '-c', 'kill -TERM $$'], 143],
    ['KILL', ['sh', '-c', 'kill -KILL $$'], 137],
    ['USR1', ['sh', '-c', 'kill -USR1 $$'], 138],
    ['a main process that kills everything it can', ['sh', '-c', 'kill -9 -1; exit 4'], 4],
  ])('reports %s as it is', async (_name, argv, code) => {
    const exit = await box.run(next(), argv);
    expect(exit).toMatchObject({ run, code, oom: false });
    expect(exit.startedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(exit.at >= (exit.startedAt ?? '')).toBe(true);
  });

  it.each([
    ['a name that is nowhere', ['nope'], 'exec: "nope": executable file not found in $PATH'],
    ['a path that is not there', ['/nope'], 'exec: "/nope": stat /nope: no such file or directory'],
    ['a file that is not executable', ['/etc/passwd'], 'exec: "/etc/passwd": permission denied'],
    ['a directory', ['/etc'], 'exec: "/etc": permission denied'],
  ])('G8: says why %s cannot start', async (_name, argv, startError) => {
    expect(await box.run(next(), argv)).toMatchObject({ run, code: 128, startError });
  });

  it.each([
    ['a script without its interpreter', '#!/no/such\n', 'no such file or directory'],
    ['a program for another machine', '\x7fELF\x02\x01\x01', 'exec format error'],
  ])('G8: %s starts, says so in the log and ends with 1', async (_name, start, why) => {
    const content = Buffer.from(start).toString('base64');
    const exit = await box.run(next(), ['/opt/v'], {
      copies: [{ path: '/opt/v', content, mode: 0o755, uid: 0, gid: 0 }],
    });
    expect(exit).toMatchObject({ code: 1 });
    expect(exit).not.toHaveProperty('startError');
    await expect.poll(() => box.log(), { timeout: 20_000 }).toContain(`exec /opt/v: ${why}\n`);
  });

  it('G8: a relative working directory is none', async () => {
    expect((await box.run(next(), ['true'], { cwd: 'srv' })).startError).toBe(
      'Cwd must be an absolute path',
    );
  });

  it('passes argv and environment exactly', async () => {
    const argv = [
      'sh',
      '-c',
      'for a; do printf "[%s]" "$a"; done >/dev/termination-log; tr "\\0" "\\n" </proc/$$/environ | grep -c -e "^a.b=x y$" -e "^X-Y=1$" >>/dev/termination-log',
      'sh',
      'two words',
      '',
      '-n',
      'ü\n"\'',
      '--',
    ];
    const exit = await box.run(next(), argv, { env: ['PATH=/bin', 'a.b=x y', 'X-Y=1'] });
    expect(exit.message).toBe('[two words][][-n][ü\n"\'][--]2\n');
  });

  it('keeps the last 4096 bytes of the termination message and cuts them to the budget', async () => {
    const script =
      'i=0; while [ $i -lt 1000 ]; do echo "line $i"; i=$((i+1)); done >/dev/termination-log';
    const exit = await box.run(next(), ['sh', '-c', script]);
    expect(exit.message).toHaveLength(4096);
    expect(exit.message?.endsWith('line 999\n')).toBe(true);
    expect(
      (await box.run(next(), ['sh', '-c', script], { terminationMessageBytes: 100 })).message,
    ).toHaveLength(100);
    expect((await box.run(next(), ['true'])).message).toBeUndefined();
  });

  it('ends the last line of a run in the log, so that it can be read before the container ends', async () => {
    await box.run(next(), ['sh', '-c', 'printf unended; printf unended >&2']);
    const marker = `unended\x1enonce ${run + 1}\n`;
    await expect.poll(async () => (await box.log()).split(marker).length).toBe(3);
  });

  it('lays a file of a volume over a file of the engine, which cannot be removed', async () => {
    await box.run(next(), ['sh', '-c', 'echo nameserver 192.0.2.1 >/v/dns']);
    const exit = await box.run(next(), ['sh', '-c', 'cat /etc/resolv.conf >/dev/termination-log'], {
      links: [{ link: '/etc/resolv.conf', target: '/v/dns' }],
    });
    expect(exit).toMatchObject({ code: 0, message: 'nameserver 192.0.2.1\n' });
  });

  it('leaves no orphan and no zombie', async () => {
    await box.run(next(), [
      'sh',
      '-c',
      'sleep 1000 & (sleep 1000 & sleep 1000 &) ; setsid sleep 1000 & exit 0',
    ]);
    const exit = await box.run(next(), [
      'sh',
      '-c',
      'ps | grep -c "[s]leep 1000" >/dev/termination-log',
    ]);
    expect(exit.message).toBe('0\n');
  });

  it('C9: restarts in place a hundred times, a volume stays', async () => {
    let last: { message?: string } = {};
    for (let count = 0; count < 100; count += 1)
      last = await box.run(next(), [
        'sh',
        '-c',
        'echo x >>/v/count; wc -l </v/count >/dev/termination-log',
      ]);
    expect(last.message?.trim()).toBe('100');
  });

  it('ignores a start that repeats or is older, and answers hello', async () => {
    const first = next();
    box.send(order(first, ['sleep', '1000']));
    const { pid } = await box.next('started');
    box.send(order(first, ['false']));
    expect(await box.next('hello')).toMatchObject({ run: first, pid });
    box.send({ type: 'kill', signal: 'KILL' });
    expect(await box.next('exited')).toMatchObject({ run: first, code: 137 });
    box.send(order(first, ['false']));
    expect(await box.next('hello')).toMatchObject({ run: first, pid: 0, exit: { code: 137 } });
  });
});

describe('beside the process of a container', () => {
  inOneContainer();

  it('runs commands beside the process: code, output, limit, timeout with the whole group', async () => {
    box.send(order(next(), ['sleep', '1000'], { env: ['PATH=/bin', 'WHO=me'], cwd: '/tmp' }));
    await box.next('started');
    expect(await box.exec(['sh', '-c', 'echo $WHO $PWD; echo bad >&2; exit 5'])).toMatchObject({
      code: 5,
      text: 'me /tmp\nbad\n',
      timedOut: false,
    });
    expect(
      (await box.exec(['sh', '-c', 'head -c 50000 /dev/zero | tr "\\0" x'])).text,
    ).toHaveLength(10240);
    expect((await box.exec(['nope'])).error).toBe(
      'exec: "nope": executable file not found in $PATH',
    );
    // Longer than the patience for an answer.
    expect(await box.exec(['sh', '-c', 'sleep 777 & sleep 777'], 300)).toMatchObject({
      timedOut: true,
      code: 137,
    });
    await expect
      .poll(async () => (await box.exec(['sh', '-c', 'ps | grep -c "[s]leep 777"'])).text)
      .toBe('0\n');
    box.send({ type: 'kill', signal: 'SIGKILL' });
    expect(await box.next('exited')).toMatchObject({ code: 137 });
  });

  it('makes the working directory, links and network files before the start', async () => {
    const exit = await box.run(
      next(),
      ['sh', '-c', 'pwd >/dev/termination-log; cat /etc/hosts /sub/link/f >>/dev/termination-log'],
      {
        cwd: '/made/here',
        files: [{ path: '/etc/hosts', content: '10.0.0.9\tme\n' }],
        links: [{ link: '/sub/link', target: '/tmp/target' }],
      },
    );
    expect(exit.message).toBe('/made/here\n10.0.0.9\tme\n');
    expect((await box.run(next(), ['true'], { cwd: '/dev/null/there' })).startError).toContain(
      'error during container init: mkdir /dev/null: not a directory',
    );
  });

  it('marks the log before every run but the first', async () => {
    await box.run(next(), ['sh', '-c', 'echo out; echo err >&2']);
    await expect.poll(() => box.log()).toContain('err\n');
    const log = (await box.log()).split('\n');
    expect(log.filter((line) => line === `\x1enonce ${run}`)).toHaveLength(2);
    expect(log.indexOf(`\x1enonce ${run}`)).toBeLessThan(log.indexOf('out'));
    expect(log).not.toContain('\x1enonce 1');
  });

  it('goes on when the podlet dies and says all in hello', async () => {
    box.send(order(next(), ['sleep', '1000']));
    const { pid } = await box.next('started');
    box.messages.length = 0;
    box.reopen();
    expect(await box.next('hello')).toMatchObject({ run, pid });
    expect((await box.exec(['echo', 'still'])).text).toBe('still\n');
    box.send({ type: 'kill', signal: 'KILL' });
    await box.next('exited');
  });
});

describe('around the end of a container', () => {
  // TERM has no effect on a program without a handler (signals.container.test.ts).
  const obedient = ['sh', '-c', 'trap "exit 143" TERM; while :; do sleep 0.05; done'];
  let one: Supervised;
  afterEach(() => one.close());

  it('distinguishes OOM from other kills', async () => {
    one = await Supervised.open({ Memory: 32 * 1024 * 1024, MemorySwap: 32 * 1024 * 1024 });
    const hog = ['sh', '-c', 'x=xxxxxxxxxxxxxxxx; while :; do x=$x$x; done'];
    expect(await one.run(1, hog)).toMatchObject({ code: 137, oom: true });
    expect(await one.run(2, ['sh', '-c', 'kill -9 $$'])).toMatchObject({ code: 137, oom: false });
  });

  it('M3: a child over the limit ends the whole container, as memory.oom.group does on a node', async () => {
    one = await Supervised.open({ Memory: 32 * 1024 * 1024, MemorySwap: 32 * 1024 * 1024 });
    const child = "sh -c 'x=xxxxxxxxxxxxxxxx; while :; do x=$x$x; done'";
    expect(await one.run(1, ['sh', '-c', `${child}; sleep 1000`])).toMatchObject({
      code: 137,
      oom: true,
    });
    expect(await one.run(2, ['sh', '-c', `${child}; exit 3`])).toMatchObject({ oom: true });
    expect(await one.run(3, ['sh', '-c', 'sleep 1; exit 3'])).toMatchObject({
      code: 3,
      oom: false,
    });
  });

  it('reports TERM, stops nothing once acknowledged, leaves with 0 on quit', async () => {
    one = await Supervised.open();
    one.send(order(1, obedient));
    await one.next('started');
    const stopped = one.stop(20);
    expect((await one.next('term')).signal).toBe('15');
    one.send({ type: 'ack', forward: false });
    await new Promise((resolve) => setTimeout(resolve, 3_500));
    expect((await one.exec(['echo', 'up'])).text).toBe('up\n');
    one.send({ type: 'kill', signal: 'TERM' });
    expect(await one.next('exited')).toMatchObject({ code: 143 });
    one.send({ type: 'quit' });
    expect(await stopped).toBe(0);
  });

  it('runs preStop, signal and KILL alone when nobody answers TERM', async () => {
    one = await Supervised.open();
    one.send(
      order(1, ['sh', '-c', 'trap "cat /tmp/hook; exit 7" TERM; while :; do sleep 0.05; done'], {
        stop: {
          signal: 'SIGTERM',
          graceSeconds: 10,
          preStop: ['sh', '-c', 'echo hooked >/tmp/hook'],
          preStopSleepSeconds: 0,
        },
      }),
    );
    await one.next('started');
    one.sockets.close();
    expect(await one.stop(20)).toBe(7);
    expect(await one.log()).toContain('hooked');
  });

  it('does not kill neighbours in a shared PID namespace, but all of its own', async () => {
    const neighbour = await Supervised.open();
    one = await Supervised.open({ PidMode: `container:${neighbour.id}` });
    neighbour.send(order(1, ['sleep', '2000']));
    await neighbour.next('started');
    await one.run(1, ['sh', '-c', 'setsid sleep 3000 & sleep 3000 & exit 0']);
    expect(
      (
        await neighbour.exec([
          'sh',
          '-c',
          'ps | grep -c "[s]leep 3000"; ps | grep -c "[s]leep 2000"',
        ])
      ).text,
    ).toBe('0\n1\n');
    await neighbour.close();
  });
});
