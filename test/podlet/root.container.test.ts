// Every run of a container starts with the root of its image, although one container serves them all.
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ensureBusyboxImage } from '../../local/docker/busybox-image.ts';
import { inspectImage } from '../../local/docker/images.ts';
import { docker, order, Supervised } from './lab.ts';

/** Everything in the root except mounts: type, mode, owner, time, link, content. */
const SURVEY = `find / -xdev ! -path "/.droppod*" ! -path /dev ! -path /proc ! -path /sys ! -path /etc/hosts ! -path /etc/hostname ! -path /etc/resolv.conf -exec stat -c "%N %F %a %u %g %Y" {} + | sort
find / -xdev -type f ! -path "/.droppod*" ! -links +9 ! -path "/etc/host*" ! -path /etc/resolv.conf -exec md5sum {} + | sort -k 2`;
const IMAGE_LINES = `FROM busybox:latest
RUN mkdir -p /srv/site/a/b /var/run/app /opt/tool && echo one >/srv/site/index.html && echo two >/srv/site/a/b/page && echo "user = www" >/etc/app.conf \\
 && printf "x\\0y\\377" >/opt/tool/bytes && head -c 300000 /dev/urandom >/opt/tool/large && touch /opt/tool/empty && ln /opt/tool/large /opt/tool/second \\
 && ln -s index.html /srv/site/link && mkfifo -m 600 /srv/site/pipe && mknod /srv/site/null c 1 3 && chown 33:33 /srv/site/a && chmod 2750 /srv/site/a \\
 && mkdir /usr/many && for i in $(seq 150); do echo $i >/usr/many/$i; done && cp /bin/busybox /opt/tool/su && chmod 4755 /opt/tool/su && touch -d "2001-02-03 04:05:06" /srv/site/index.html /srv/site/a
RUN echo three >>/srv/site/index.html && touch -d "2001-02-03 04:05:06" /srv/site/index.html`;
/** Named by its content and left in the engine, like busybox: an engine that removes an image waits for each container in turn. */
const IMAGE = `droppod-test/root:${createHash('sha256').update(IMAGE_LINES).digest('hex').slice(0, 12)}`;
const BUILD_MS = 240_000;

async function buildImage(): Promise<void> {
  await ensureBusyboxImage(docker);
  if (await inspectImage(docker, IMAGE)) return;
  const tar = pack();
  tar.entry({ name: 'Dockerfile' }, IMAGE_LINES);
  tar.finalize();
  const said = await docker.call('POST', '/build', {
    query: { t: IMAGE, forcerm: '1', labels: '{"droppod/test":"podlet"}' },
    tar: await buffer(tar),
    signal: AbortSignal.timeout(BUILD_MS),
  });
  if (said.includes('"error"')) throw new Error(said);
}

const sh = (script: string): string[] => ['sh', '-c', script];

let box: Supervised;
let run = 0;
beforeAll(buildImage, 2 * BUILD_MS);
afterEach(async () => {
  await box.close();
  run = 0;
});

const leftovers = (): string[] =>
  box.messages.flatMap((message) =>
    message.type === 'leftover'
      ? [...message.paths, ...(message.more > 0 ? [`${message.more} more`] : [])]
      : [],
  );
const next = (script: string): ReturnType<Supervised['run']> => box.run((run += 1), sh(script));

/** The output of a run, without run markers: stderr's come at any place. */
async function printed(script: string): Promise<string> {
  const [from, to] = [`begin-${run + 1}\n`, `end-${run + 1}\n`];
  await next(`echo begin-${run + 1}; ${script}; echo end-${run + 1}`);
  await expect.poll(() => box.log()).toContain(to);
  const log = (await box.log()).replace(/^\x1enonce \d+\n/gm, '');
  return log.slice(log.indexOf(from) + from.length, log.indexOf(to));
}

describe('C9: the root of a run', () => {
  it.each([
    [
      'files of processes that are gone',
      'mkdir -p /var/run/app/x; echo 1 >/var/run/app/server.pid; echo 1 >/tmp/.X0-lock; mkdir -p /tmp/.X11-unix; touch /run.lock; echo 1 >/bin/new; ln -s /nowhere /etc/dangling; mkfifo /srv/fifo',
    ],
    [
      'a unix socket',
      '(sleep 0.3; kill $$) & nc -lU /var/run/app/sock || { rm -f /var/run/app/sock; mknod /var/run/app/sock p; }',
    ],
    [
      'a cloned repository',
      'mkdir -p /srv/repo/.git/objects/aa /srv/site/new; for i in 1 2 3 4 5 6 7 8 9; do echo $i >/srv/repo/.git/objects/aa/$i; done; echo x >/srv/site/new/file',
    ],
    [
      'a configuration that was appended to at once',
      'echo "listen 8080" >>/etc/app.conf; echo "ops:x:1:1::/:" >>/etc/passwd',
    ],
    [
      'files written over, in place and by another',
      'echo short >/opt/tool/large; cp /etc/passwd /srv/site/index.html; sed -i s/www/other/ /etc/app.conf; : >/opt/tool/bytes; echo grown >>/opt/tool/empty; mv /srv/site/a/b/page /srv/site/index.html',
    ],
    [
      'contents changed under the old size and time',
      'echo ONE >/tmp/x; touch -r /srv/site/index.html /tmp/t; printf "one\\nTHREE\\n" >/srv/site/index.html; cp /bin/busybox /opt/tool/su',
    ],
    ['trees that were removed', 'rm -rf /srv/site /opt /var /home; rm /etc/app.conf'],
    [
      'modes, owners and times',
      'chown -R 33:33 /srv /opt /etc/app.conf; chmod -R a-rwx /srv/site /opt/tool; touch /srv/site/a /opt',
    ],
    ['another mode and owner of the root itself', 'chown 33:33 /; chmod 700 /'],
    [
      'names of another kind',
      'rm -rf /srv/site/a /srv/site/link /srv/site/pipe /etc/app.conf /srv/site/index.html; echo file >/srv/site/a; mkdir -p /srv/site/link/x /etc/app.conf/y; ln -s /etc/passwd /srv/site/index.html; echo file >/srv/site/pipe; ln -sf elsewhere /srv/site/link',
    ],
    [
      'hard links over other files',
      'ln -f /srv/site/index.html /etc/app.conf; echo both >>/etc/app.conf; ln /opt/tool/bytes /srv/again; echo more >>/srv/again; rm /opt/tool/second',
    ],
    ['links planted over directories', 'rm -rf /srv/site /var; ln -s /etc /srv/site; ln -s / /var'],
    [
      'names that no shell prints',
      'mkdir "/srv/a b" "/srv/-rf" "/srv/$(printf "new\\nline\\377")"; echo x >"/srv/a b/ c"',
    ],
    [
      'a tree deeper than a path may be',
      'cd /tmp; i=0; while [ $i -lt 900 ]; do mkdir abcdef && cd abcdef || break; i=$((i+1)); done',
    ],
  ])('does not hold %s', async (_what, damage) => {
    box = await Supervised.open({}, IMAGE);
    const before = await printed(SURVEY);
    expect(before).toContain('/srv/site/index.html');
    await next(damage);
    expect(await printed(SURVEY)).toBe(before);
    expect(await printed(SURVEY)).toBe(before);
    expect(leftovers()).toEqual([]);
  });

  it('is the same after many runs that each append to a file of the image', async () => {
    box = await Supervised.open({}, IMAGE);
    let last: { message?: string } = {};
    for (let count = 0; count < 20; count += 1)
      last = await next(
        'echo line >>/etc/app.conf; echo x >>/tmp/count; cat /tmp/count /etc/app.conf >/dev/termination-log',
      );
    expect(last.message).toBe('x\nuser = www\nline\n');
  });

  it('keeps what lies in volumes, and what a mount hides', async () => {
    box = await Supervised.open(
      {
        Tmpfs: { '/srv/site': '' },
        Mounts: [{ Type: 'volume', Source: '', Target: '/data/deep', ReadOnly: false }],
      },
      IMAGE,
    );
    await next('echo kept >/data/deep/file; echo kept >/srv/site/file; echo gone >/data/beside');
    expect(
      (
        await next(
          'cat /data/deep/file /srv/site/file >/dev/termination-log; ls /data >>/dev/termination-log',
        )
      ).message,
    ).toBe('kept\nkept\ndeep\n');
    expect(leftovers()).toEqual([]);
  });
});

describe('C9: the devices of a run', () => {
  const LOOK = 'stat -c "%N %F %a %u %g %t %T" /dev/* | grep -v termination-log';

  it.each([
    ['a writable root', {}],
    ['a read-only root', { ReadonlyRootfs: true }],
  ])('are as they were, under %s', async (_what, host) => {
    box = await Supervised.open(host, IMAGE);
    const before = await printed(LOOK);
    expect(before).toContain('null');
    await next(
      'mkdir /dev/net; mknod /dev/net/tun c 10 200; ln -s /tmp /dev/log; rm /dev/full /dev/stdin; chmod 600 /dev/null; chown 33 /dev/zero; echo kept >/dev/shm/x',
    );
    expect(await printed(LOOK)).toBe(before);
    expect(await printed('cat /dev/shm/x')).toBe('kept\n');
    expect(leftovers()).toEqual([]);
  });

  it('stay what they are where a volume is mounted over them', async () => {
    box = await Supervised.open({}, IMAGE);
    const over = { devicesMounted: true };
    await box.run(1, sh('mkdir /dev/net'), over);
    expect((await box.run(2, sh('ls -d /dev/net >/dev/termination-log'), over)).message).toBe(
      '/dev/net\n',
    );
  });
});

describe('C9: the root of a run, at its limits', () => {
  it('holds no process of a session that was open between two runs', async () => {
    box = await Supervised.open({}, IMAGE);
    await next('true');
    const { Id } = JSON.parse(
      await docker.call('POST', `/containers/${box.id}/exec`, {
        body: { Cmd: sh('echo x >/tmp/of-session; sleep 4321') },
      }),
    ) as { Id: string };
    await docker.call('POST', `/exec/${Id}/start`, { body: { Detach: true } });
    await expect
      .poll(async () => await docker.call('GET', `/containers/${box.id}/top`))
      .toContain('4321');
    expect(
      (
        await next(
          'ls /tmp >/dev/termination-log; ps | grep -c "[s]leep 4321" >>/dev/termination-log',
        )
      ).message,
    ).toBe('0\n');
  });

  it('is as it was, however soon the first program writes and however short it lives', async () => {
    for (let count = 0; count < 10; count += 1) {
      box = await Supervised.open({}, IMAGE);
      await box.run(1, ['sed', '-i', 's/www/changed/', '/etc/app.conf']);
      expect((await box.run(2, ['cp', '/etc/app.conf', '/dev/termination-log'])).message).toBe(
        'user = www\n',
      );
      if (count < 9) await box.close();
    }
  });

  it('keeps the changes that were too many to remember, and says which', async () => {
    // A container of 8 MiB keeps 128 contents.
    box = await Supervised.open({ Memory: 8 * 1024 * 1024, MemorySwap: 8 * 1024 * 1024 }, IMAGE);
    await next(
      'sleep 0.5; for f in /usr/many/*; do echo changed >>$f; done; echo new >/usr/many/new',
    );
    const count = Number(
      (
        await next(
          'cat /usr/many/* | grep -c changed >/dev/termination-log; ls /usr/many/new 2>>/dev/termination-log',
        )
      ).message?.split('\n')[0],
    );
    expect(count).toBeGreaterThan(0);
    expect(leftovers()).toHaveLength(6);
    expect(leftovers()[0]).toMatch(/^\/usr\/many\/\d+$/);
    expect(leftovers()[5]).toBe(`${count - 5} more`);
  });

  it('costs nothing where no other run follows', async () => {
    box = await Supervised.open({}, IMAGE);
    box.send(order(1, ['sleep', '1000'], { runsOnce: true }));
    await box.next('started');
    const maps = await box.exec(sh('grep -c /opt/tool /proc/1/maps'));
    expect(maps.text).toBe('0\n');
    box.send({ type: 'kill', signal: 'KILL' });
    await box.next('exited');
  });
});
