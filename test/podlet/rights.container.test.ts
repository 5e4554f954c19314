// As which user supervise runs programs, and that nothing in the container can gain more rights than that (real containers).
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { HostConfig } from '../../local/docker/containers.ts';
import { buildHostile, order, Supervised } from './lab.ts';

type User = ReturnType<typeof order>['user'];

const user = (more: Partial<User>): User => ({ ...order(1, []).user, ...more });
const LIMITED: Partial<User> = { noNewPrivileges: true, capabilities: { add: [], drop: ['ALL'] } };
const STATUS = 'grep -E "^(Uid|Gid|CapInh|CapPrm|CapEff|CapBnd|NoNewPrivs)" /proc/self/status';

/** A first run without a later restore of the root stands in for an image of its own. */
const AS_IMAGE = { runsOnce: true };

let box: Supervised;
afterEach(() => box.close());

/** The output of `script` as the given user in the first run of a container. */
async function said(script: string, who: User, host: Partial<HostConfig> = {}): Promise<string> {
  box = await Supervised.open(host);
  const exit = await box.run(1, ['sh', '-c', `{ ${script}; } >/dev/termination-log 2>&1`], {
    user: who,
  });
  return exit.startError ?? exit.message ?? '';
}

/** The test's files in place of the image's, as in an image of its own. */
function files(content: { [path: string]: string }): Partial<HostConfig> {
  const directory = mkdtempSync(join(tmpdir(), 'droppod-rights-'));
  return {
    Mounts: Object.entries(content).map(([path, text], index) => {
      writeFileSync(join(directory, String(index)), text);
      return {
        Type: 'bind',
        Source: join(directory, String(index)),
        Target: path,
        ReadOnly: false,
      };
    }),
  };
}

describe('as the user of the pod', () => {
  it('drops to the user with its groups, home and no new privileges, and lets it write message and stdout', async () => {
    const text = await said(
      `echo "$(id -u) $(id -g) $(id -G) $HOME"; ${STATUS}`,
      user({ user: 'www-data', supplementalGroups: [2000], ...LIMITED }),
    );
    expect(
      await box.run(2, ['sh', '-c', 'set -e; echo x >/dev/stdout; echo y >/dev/stderr'], {
        user: user({ user: 'www-data' }),
      }),
    ).toMatchObject({ code: 0 });
    expect(text).toContain('33 33 33 2000 /var/www\n');
    expect(text).toMatch(/NoNewPrivs:\t1/);
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd'])
      expect(text).toContain(`${set}:\t0000000000000000`);
  });

  it('reports as whom the process began, with the groups of the image and of the pod', async () => {
    box = await Supervised.open(
      files({ '/etc/group': 'root:x:0:\nwww-data:x:33:\nops:x:70000:www-data\n' }),
    );
    const who = user({ user: 'www-data', supplementalGroups: [2000] });
    await box.run(1, ['true'], { user: who });
    await box.run(2, ['true'], { user: { ...who, groupsPolicy: 'Strict' } });
    const owners = box.messages.flatMap((message) =>
      message.type === 'started' ? [message.user] : [],
    );
    expect(owners).toEqual([
      { uid: 33, gid: 33, groups: [33, 70000, 2000] },
      { uid: 33, gid: 33, groups: [33, 2000] },
    ]);
  });

  it('keeps capabilities of root by drop and add', async () => {
    const text = await said(
      STATUS,
      user({ capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } }),
    );
    for (const set of ['CapPrm', 'CapEff', 'CapBnd'])
      expect(text).toContain(`${set}:\t0000000000000400`);
    expect(text).toContain('CapInh:\t0000000000000000');
  });

  it('refuses a user that the image does not know', async () => {
    expect(await said('true', user({ user: 'nobodyhere' }))).toBe(
      'unable to find user nobodyhere: no matching entries in passwd file',
    );
  });

  it('enters a working directory that only root may enter, as the runtime does', async () => {
    box = await Supervised.open();
    await box.run(1, ['sh', '-c', 'mkdir -m 700 /secret']);
    expect(
      await box.run(2, ['sh', '-c', 'readlink /proc/self/cwd >/dev/termination-log'], {
        cwd: '/secret',
        user: user({ user: '1000' }),
      }),
    ).toMatchObject({ code: 0, message: '/secret\n' });
  });
});

describe('a number is a uid and nothing else', () => {
  const ROOT_BY_NAME = 'root:x:0:0::/root:/bin/sh\n1000:x:0:0::/root:/bin/sh\n';

  it('does not take a login name for it', async () => {
    expect(
      await said('id -u; id -g', user({ user: '1000' }), files({ '/etc/passwd': ROOT_BY_NAME })),
    ).toBe('1000\n0\n');
  });

  it('nor a group of that name', async () => {
    expect(
      await said(
        'id -g',
        user({ user: '1000', group: '2000' }),
        files({ '/etc/group': '2000:x:0:\n' }),
      ),
    ).toBe('2000\n');
  });

  it.each(['-1', '4294967295', '2147483648', 'x', ''])(
    'refuses a user whose entry says "%s", which the kernel could take for root',
    async (uid) => {
      expect(
        await said(
          'id -u',
          user({ user: 'app' }),
          files({ '/etc/passwd': `app:x:${uid}:0::/:/bin/sh\n` }),
        ),
      ).toContain('uids and gids must be in range 0-2147483647');
    },
  );

  it.each(['-1', '2147483648'])('refuses the number %s', async (uid) => {
    expect(await said('id -u', user({ user: uid }))).toBe(
      'uids and gids must be in range 0-2147483647',
    );
  });

  it('runAsNonRoot holds whatever the image makes of the name', async () => {
    expect(
      await said(
        'id -u',
        user({ user: 'app', runAsNonRoot: true }),
        files({ '/etc/passwd': 'app:x:0:0::/:/bin/sh\n' }),
      ),
    ).toBe('container has runAsNonRoot and image will run as root');
  });

  it('probes, hooks and sessions run as whom the process began, whatever it wrote into the files meanwhile', async () => {
    box = await Supervised.open(
      files({
        '/etc/passwd': 'app:x:1000:1000::/home/app:/bin/sh\n',
        '/etc/group': 'app:x:1000:\n',
      }),
    );
    await box.run(1, ['chmod', '666', '/etc/passwd', '/etc/group']);
    const app = user({ user: 'app' });
    box.send(
      order(
        2,
        [
          'sh',
          '-c',
          'echo "app:x:0:0::/root:/bin/sh" >/etc/passwd; echo "app:x:0:app" >/etc/group; exec sleep 1000',
        ],
        { user: app },
      ),
    );
    await box.next('started');
    await expect
      .poll(async () => (await box.exec(['cat', '/etc/passwd'])).text)
      .toContain('app:x:0');
    expect((await box.exec(['sh', '-c', 'id -u; id -G; echo $HOME'])).text).toBe(
      '1000\n1000\n/home/app\n',
    );
    box.send({ type: 'kill', signal: 'KILL' });
    await box.next('exited');
    expect(
      await box.run(3, ['sh', '-c', 'id -u >/dev/termination-log'], { user: app }),
    ).toMatchObject({ message: '1000\n' });
  });
});

describe('the rights of the first start are the most that the container ever has', () => {
  it('a later start with more is given no more', async () => {
    box = await Supervised.open();
    await box.run(1, ['true'], { user: user(LIMITED) });
    const { message } = await box.run(2, ['sh', '-c', `${STATUS} >/dev/termination-log`], {
      user: user({ capabilities: { add: ['CHOWN'], drop: [] } }),
    });
    expect(message).toMatch(/NoNewPrivs:\t1/);
    expect(message).toContain('CapEff:\t0000000000000000');
    expect(message).toContain('CapBnd:\t0000000000000000');
  });

  it('nor does one that began as another user become root', async () => {
    box = await Supervised.open();
    await box.run(1, ['true'], { user: user({ user: '1000' }) });
    expect((await box.run(2, ['true'], { user: user({ user: '0' }) })).startError).toBe(
      'container has runAsNonRoot and image will run as root',
    );
  });

  /** The hostile program as main process; the podlet crashes and comes back. Returns what the program recorded. */
  async function attacked(writable: boolean): Promise<string> {
    box = await Supervised.open(
      {
        Mounts: [
          { Type: 'bind', Source: await buildHostile(), Target: '/hostile', ReadOnly: true },
        ],
      },
      'busybox:latest',
      { writable },
    );
    box.send(order(1, ['/hostile'], { user: user(LIMITED) }));
    const { pid } = await box.next('started');
    const noted = async (): Promise<string> => (await box.exec(['cat', '/said'])).text;
    await expect.poll(noted).toContain('listening: <nil>');
    box.messages.length = 0;
    box.sockets.close();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    box.reopen();
    expect(await box.next('hello')).toMatchObject({ run: 1, pid });
    expect((await box.exec(['sh', '-c', `${STATUS}; cat /stolen 2>&1`])).text).toMatch(
      /CapEff:\t0{16}\nCapBnd:\t0{16}\nNoNewPrivs:\t1\ncat: can't open '\/stolen'/,
    );
    return noted();
  }

  it("root in the container cannot take the podlet's place at the socket, by its file or by its path", async () => {
    const noted = await attacked(false);
    expect(noted).toContain(
      'remove: remove /.droppod/ctl/sock: read-only file system\nrename: <nil> <nil>\n',
    );
    // supervise does not use the directory that has the name now.
    expect(noted).not.toContain('called');
  });

  it('nor, should it get there after all, is it obeyed', async () => {
    const noted = await attacked(true);
    expect(noted).not.toContain('remove:');
    expect(noted).toContain('called');
    expect(noted).not.toContain('received');
  });

  it('root in the container cannot write over supervise', async () => {
    const text = await said(
      'rm -f /.droppod/bin/supervise; cat /bin/sh >/proc/1/exe; cat /bin/sh >/.droppod/bin/supervise; chmod 700 /.droppod/ctl',
      user({}),
    );
    expect(
      text.match(/Read-only file system|[Dd]evice or resource busy|Text file busy/g),
    ).toHaveLength(4);
  });

  it('gives the process no descriptor of its own, no blocked and no ignored signal', async () => {
    const text = await said(
      'ls /proc/self/fd | tr "\\n" " "; grep -E "^Sig(Blk|Ign|Cgt)" /proc/self/status',
      user({}),
    );
    expect(text).toMatch(/^0 1 2 3 (\n)?SigBlk:\t0+\nSigIgn:\t0+\nSigCgt:\t0+\n$/);
  });

  it('a process without its rights sees nothing of it', async () => {
    const look =
      'for f in environ mem fd/0 exe root/etc cwd/ maps; do head -c 1 /proc/1/$f >/dev/null 2>&1 && echo "$f"; ls /proc/1/$f/ >/dev/null 2>&1 && echo "$f/"; done; echo end';
    expect(await said(look, user(LIMITED))).toBe('end\n');
  });
});

describe('files of the image that cannot be read to an end', () => {
  it('a FIFO as passwd and group has no entries', async () => {
    box = await Supervised.open();
    await box.run(
      1,
      ['sh', '-c', 'rm /etc/passwd /etc/group; mkfifo /etc/passwd /etc/group'],
      AS_IMAGE,
    );
    expect(
      await box.run(2, ['sh', '-c', 'stat -c %u /proc/self/ >/dev/termination-log'], {
        user: user({ user: '1000' }),
      }),
    ).toMatchObject({ message: '1000\n' });
    expect((await box.run(3, ['true'], { user: user({ user: 'app' }) })).startError).toBe(
      'unable to find user app: no matching entries in passwd file',
    );
    box.send(order(4, ['sleep', '1000'], { user: user({ user: '1000' }) }));
    await box.next('started');
    expect((await box.exec(['echo', 'answers'])).text).toBe('answers\n');
  });

  it('an endless one is refused, and the container answers on', async () => {
    box = await Supervised.open();
    await box.run(
      1,
      [
        'sh',
        '-c',
        'rm /etc/passwd; dd if=/dev/zero of=/etc/passwd bs=1 count=1 seek=99999999999 2>/dev/null',
      ],
      AS_IMAGE,
    );
    expect((await box.run(2, ['true'], { user: user({ user: '1000' }) })).startError).toBe(
      'unable to find user 1000: read /etc/passwd: file too large',
    );
    await box.run(3, ['true'], { user: user({ user: '1000' }) });
  });
});

describe('root follows no link that somebody else planted', () => {
  const app = user({ user: '1000' });

  /** A volume that uid 1000 owns. */
  const volume = (): Partial<HostConfig> => {
    const source = mkdtempSync(join(tmpdir(), 'droppod-planted-'));
    mkdirSync(join(source, 'v'), { mode: 0o777 });
    return { Mounts: [{ Type: 'bind', Source: source, Target: '/vol', ReadOnly: false }] };
  };

  async function planted(plant: string): Promise<void> {
    box = await Supervised.open(volume());
    await box.run(1, ['sh', '-c', 'chmod 777 /vol /vol/v']);
    expect(await box.run(2, ['sh', '-c', plant], { user: app })).toMatchObject({ code: 0 });
  }

  const passwd = async (): Promise<string> =>
    (
      await box.exec([
        'sh',
        '-c',
        'stat -c "%a %u" /etc/passwd; ls -d /etc/made /etc/sub /root/made 2>/dev/null; head -n 1 /etc/passwd',
      ])
    ).text;

  async function running(run: number, more: Parameters<typeof order>[2]): Promise<void> {
    box.send(order(run, ['sleep', '1000'], { user: app, ...more }));
    await box.next('started');
  }

  it.each([
    ['a directory above it', 'ln -s /etc /vol/v/d'],
    ['the file itself', 'mkdir /vol/v/d; ln -s /etc/passwd /vol/v/d/passwd'],
    ['a link to a link', 'ln -s /etc /vol/v/e; ln -s e /vol/v/d'],
    ['through the parent', 'mkdir /vol/v/a; ln -s ../../etc /vol/v/d'],
  ])('for the termination message: %s', async (_name, plant) => {
    await planted(plant);
    await running(3, { terminationMessagePath: '/vol/v/d/passwd' });
    expect(await passwd()).toMatch(/^644 0\nroot:/);
  });

  it('for reading it: the message of a planted link is not the file that it means', async () => {
    box = await Supervised.open(volume());
    await box.run(1, [
      'sh',
      '-c',
      'chmod 777 /vol /vol/v; echo hidden >/root/secret; chmod 600 /root/secret',
    ]);
    const { message } = await box.run(2, ['sh', '-c', 'rm -rf /vol/v/d; ln -s /root /vol/v/d'], {
      user: app,
      terminationMessagePath: '/vol/v/d/secret',
    });
    expect(message ?? '').not.toContain('hidden');
  });

  it('for a part of a volume and the link that shows it', async () => {
    await planted('ln -s /etc /vol/v/d');
    expect(
      (
        await box.run(3, ['true'], {
          user: app,
          links: [{ link: '/shown', target: '/vol/v/d/sub/made' }],
        })
      ).startError,
    ).toContain('a link on the way was not made by root');
    expect(
      (
        await box.run(4, ['true'], {
          user: app,
          links: [{ link: '/vol/v/d/made', target: '/tmp' }],
        })
      ).startError,
    ).toContain('a link on the way was not made by root');
    await running(5, {});
    expect(await passwd()).toMatch(/^644 0\nroot:/);
  });

  it('for a working directory that is not there', async () => {
    await planted('ln -s /root /vol/v/d');
    expect((await box.run(3, ['true'], { user: app, cwd: '/vol/v/d/made' })).startError).toContain(
      'a link on the way was not made by root',
    );
    await running(4, {});
    expect(await passwd()).toMatch(/^644 0\nroot:/);
  });

  it("for the engine's files: a FIFO in their place keeps nobody waiting", async () => {
    box = await Supervised.open();
    await box.run(
      1,
      ['sh', '-c', 'mkfifo /etc/pipe; ln -s /etc/target /etc/link; echo old >/etc/target'],
      AS_IMAGE,
    );
    const files = [
      { path: '/etc/pipe', content: 'x' },
      { path: '/etc/link', content: 'new\n' },
      { path: '/etc/hosts', content: '192.0.2.1 me\n' },
    ];
    expect(
      await box.run(2, ['sh', '-c', 'cat /etc/target /etc/hosts >/dev/termination-log'], { files }),
    ).toMatchObject({ message: 'new\n192.0.2.1 me\n' });
  });

  it('a link of root is followed: images have them', async () => {
    box = await Supervised.open();
    await box.run(1, ['sh', '-c', 'mkdir -p /run/real; ln -s /run/real /var/way'], AS_IMAGE);
    expect(
      await box.run(2, ['sh', '-c', 'pwd -P >/var/way/message'], {
        cwd: '/var/way/deeper',
        terminationMessagePath: '/var/way/message',
      }),
    ).toMatchObject({ message: '/run/real/deeper\n' });
  });
});
