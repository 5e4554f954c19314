// F2 in real containers: a part of a volume is what a node makes of it, a mount or a file, not a link.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { present } from '../../src/present.ts';
import { eventually, podOf } from './droppod.ts';
import { sharedDroppod } from './shared-droppod.ts';

const IMAGE = 'busybox';
const directory = mkdtempSync(join(tmpdir(), 'droppod-parts-'));

afterAll(() => rmSync(directory, { recursive: true, force: true }));
const dp = sharedDroppod();

const shell = (name: string, script: string, more: object = {}): object => ({
  name,
  image: IMAGE,
  imagePullPolicy: 'IfNotPresent',
  command: ['sh', '-c', script],
  ...more,
});
const WAIT = 'trap "exit 3" TERM; while :; do sleep 0.2; done';
const mount = (name: string, mountPath: string, subPath?: string): object => ({
  name,
  mountPath,
  ...present({ subPath }),
});
const readOnly = { securityContext: { readOnlyRootFilesystem: true } };

async function create(name: string, spec: object): Promise<void> {
  const { code, stderr } = await dp.kIn(
    podOf(name, { terminationGracePeriodSeconds: 1, ...spec }),
    'create',
    '-f',
    '-',
  );
  expect(`${code} ${stderr}`).toBe('0 ');
}

/** The output of a pod that runs to its end. */
async function says(name: string, spec: object): Promise<string> {
  await create(name, { restartPolicy: 'Never', ...spec });
  await dp.until(name, ({ status }) => ['Succeeded', 'Failed'].includes(status.phase));
  return (await dp.k('logs', name, '--all-containers')).stdout.trim();
}

const logs = (name: string) => async (): Promise<string> => (await dp.k('logs', name)).stdout;

describe('parts of an emptyDir', () => {
  it('F2: are writable by the group of the pod under a read-only root, and a working directory', async () => {
    const security = {
      ...readOnly.securityContext,
      runAsUser: 1001,
      runAsGroup: 1001,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    };
    const script =
      'echo x > /opt/app/etc/redis.conf && echo x > /tmp/x && stat -c "%a %g" /tmp /opt/app/etc && pwd; touch /x 2>/dev/null || echo "read-only root"';
    expect(
      await says('readonly', {
        securityContext: { fsGroup: 1001 },
        volumes: [{ name: 'v', emptyDir: {} }],
        containers: [
          shell('app', script, {
            workingDir: '/opt/app/etc',
            securityContext: security,
            volumeMounts: [
              mount('v', '/opt/app/etc', 'app-conf-dir'),
              mount('v', '/tmp', 'tmp-dir'),
            ],
          }),
        ],
      }),
    ).toBe('2777 1001\n2777 1001\n/opt/app/etc\nread-only root');
  });

  it('F2: are directories to the tools of every day, and what an init container made of them comes along', async () => {
    const make =
      '[ -e /all/app ] && echo early; mkdir -p /all/app/sub; echo 1 > /all/app/a.sql; echo 2 > /all/app/sub/b.sql; ln -s a.sql /all/app/l; chown -R 7:8 /all/app; chmod 750 /all/app';
    const use = [
      'stat -c "%a %u:%g" /data',
      'find /data -name "*.sql" | wc -l',
      'cp -a /data /backup; find /backup/ -type f | wc -l; readlink /data/l',
      'tar -cf - /data 2>/dev/null | tar -tf - | wc -l',
      'chown -R 1000:1000 /data; stat -c %u /data/a.sql',
      '[ -L /data ] && echo link',
      'cd /data; pwd -P',
      'grep -c " /data " /proc/mounts',
      'rm -rf /data 2>/dev/null; [ -d /data ] && echo "still there"',
    ];
    expect(
      await says('tools', {
        volumes: [{ name: 'v', emptyDir: {} }],
        initContainers: [shell('make', make, { volumeMounts: [mount('v', '/all')] })],
        containers: [shell('app', use.join('; '), { volumeMounts: [mount('v', '/data', 'app')] })],
      }),
    ).toBe('750 7:8\n2\n2\na.sql\n5\n1000\n/data\n1\nstill there');
  });

  it('F2: kubectl cp brings the content of a part, and an init container may own one', async () => {
    await create('copy', {
      volumes: [{ name: 'v', emptyDir: {} }],
      initContainers: [
        shell('own', 'echo hello > /pg/file; chown -R 999:999 /pg; chmod 700 /pg', {
          volumeMounts: [mount('v', '/pg', 'pg')],
        }),
      ],
      containers: [
        shell('app', `stat -c "%a %u" /pg; ${WAIT}`, {
          volumeMounts: [mount('v', '/pg', 'pg'), mount('v', '/all')],
        }),
      ],
    });
    expect(await eventually(logs('copy'), /\n/)).toBe('700 999\n');
    const { code, stderr } = await dp.k('cp', 'copy:/pg', join(directory, 'pg'));
    expect(`${code} ${stderr.replace(/^.*tar: removing leading.*\n/i, '')}`).toBe('0 ');
    expect(readdirSync(join(directory, 'pg'))).toEqual(['file']);
    expect(
      (
        await dp.k(
          'exec',
          'copy',
          '--',
          'sh',
          '-c',
          'cat /all/pg/file; echo more > /all/pg/other; ls /pg',
        )
      ).stdout,
    ).toBe('hello\nfile\nother\n');
  });

  it('F2: a file that an init container makes is shown under a read-only root, and stays shared', async () => {
    expect(
      await says('made', {
        volumes: [{ name: 'v', emptyDir: {} }],
        initContainers: [
          shell('make', 'echo made > /config/server.properties', {
            ...readOnly,
            volumeMounts: [mount('v', '/config')],
          }),
        ],
        containers: [
          shell(
            'app',
            'echo more >> /opt/conf/server.properties; cat /opt/conf/server.properties; touch /opt/conf/x 2>/dev/null || echo read-only',
            {
              ...readOnly,
              volumeMounts: [mount('v', '/opt/conf/server.properties', 'server.properties')],
            },
          ),
        ],
      }),
    ).toBe('made\nmore\nread-only');
  });

  it('F2: lie inside a volume that is mounted read-only, as mounts inside volumes of files do', async () => {
    await dp.k('create', 'configmap', 'outer', '--from-literal=key=value');
    const volumes = [
      { name: 'v', emptyDir: {} },
      { name: 'conf', configMap: { name: 'outer' } },
      { name: 'memory', emptyDir: { medium: 'Memory' } },
    ];
    const script =
      'cat /conf/key; echo; touch /conf/in/x /all/a/y /conf/m/z && ls /conf/in /part; touch /all/z 2>/dev/null || echo read-only';
    expect(
      await says('inside', {
        volumes,
        containers: [
          shell('app', script, {
            volumeMounts: [
              mount('conf', '/conf'),
              mount('v', '/conf/in', 'in'),
              mount('memory', '/conf/m'),
              { ...mount('v', '/all'), readOnly: true },
              mount('v', '/all/a', 'a'),
              mount('v', '/part', 'a'),
            ],
          }),
        ],
      }),
    ).toBe('value\n/conf/in:\nx\n\n/part:\ny\nread-only');
  });
});

describe('files of volumes', () => {
  it('F2: a single file finds its neighbours by its own real path', async () => {
    await dp.k(
      'create',
      'configmap',
      'code',
      '--from-literal=run.sh=here=$(dirname "$(readlink -f "$0")"); echo "in $here"; . "$here/lib.sh"',
    );
    const mounts = { volumeMounts: [mount('code', '/opt/tools/run.sh', 'run.sh')] };
    expect(
      await says('script', {
        volumes: [{ name: 'code', configMap: { name: 'code', defaultMode: 0o755 } }],
        containers: [
          shell(
            'app',
            'echo "echo the library" > /opt/tools/lib.sh; [ -L /opt/tools/run.sh ] && echo link; stat -c %a /opt/tools/run.sh; sh /opt/tools/run.sh',
            mounts,
          ),
        ],
      }),
    ).toBe('755\nin /opt/tools\nthe library');
  });

  it.each([
    ['writable', {}],
    ['read-only', readOnly],
  ])(
    "F2: under a %s root a single file has the content of its container's start; a restart brings the new one",
    async (name, more) => {
      await dp.k(
        'create',
        'configmap',
        `conf-${name}`,
        '--from-literal=extra.ini=version 1',
        '--from-literal=other=x',
      );
      const pod = `update-${name}`;
      await create(pod, {
        volumes: [{ name: 'conf', configMap: { name: `conf-${name}` } }],
        containers: [
          shell('app', `cat /etc/extra.ini; ls /etc/passwd; ${WAIT}`, {
            ...more,
            volumeMounts: [mount('conf', '/etc/extra.ini', 'extra.ini'), mount('conf', '/seen')],
          }),
        ],
      });
      expect(await eventually(logs(pod), /passwd/)).toBe('version 1/etc/passwd\n');
      await dp.k('patch', 'configmap', `conf-${name}`, '-p', '{"data":{"extra.ini":"version 2"}}');
      await eventually(
        async () => (await dp.k('exec', pod, '--', 'cat', '/seen/extra.ini')).stdout,
        /version 2/,
        60,
      );
      expect((await dp.k('exec', pod, '--', 'cat', '/etc/extra.ini')).stdout).toBe('version 1');
      await dp.k('exec', pod, '--', 'kill', '-TERM', '1');
      await dp.until(
        pod,
        ({ status }) =>
          status.containerStatuses?.[0]?.restartCount === 1 && status.containerStatuses[0].ready,
      );
      expect(await eventually(logs(pod), /passwd/)).toBe('version 2/etc/passwd\n');
    },
  );

  it("F2: a secret's single file and directory are all that the container has of it; what is missing is an empty directory", async () => {
    await dp.k(
      'create',
      'secret',
      'generic',
      'keys',
      '--from-literal=a=1',
      '--from-literal=b=2',
      '--from-literal=hidden=never',
    );
    const volumes = [
      { name: 'keys', secret: { secretName: 'keys' } },
      {
        name: 'dirs',
        secret: {
          secretName: 'keys',
          items: [
            { key: 'a', path: 'tls/a' },
            { key: 'hidden', path: 'no' },
          ],
        },
      },
      { name: 'none', configMap: { name: 'not-there', optional: true } },
    ];
    const script =
      'cat /key /tls/a; echo; ls -A /none | wc -l; stat -c %F /none /tls /key; grep -rl "^never$" /.droppod /key /tls /etc /none 2>/dev/null; echo end';
    const volumeMounts = [
      mount('keys', '/key', 'b'),
      mount('dirs', '/tls', 'tls'),
      mount('none', '/none', 'x'),
    ];
    expect(
      await says('secret', {
        volumes,
        automountServiceAccountToken: false,
        containers: [shell('app', script, { volumeMounts })],
      }),
    ).toBe('21\n0\ndirectory\ndirectory\nregular file\nend');
  });
});

it('I1: aliases, search path and the full host name are there under a read-only root', async () => {
  const text = await says('hosts', {
    hostname: 'db-0',
    subdomain: 'db',
    hostAliases: [{ ip: '10.1.2.3', hostnames: ['legacy.example.com'] }],
    dnsConfig: { searches: ['corp.example.com'], options: [{ name: 'ndots', value: '2' }] },
    containers: [
      shell('app', 'cat /etc/hosts /etc/resolv.conf; hostname -f; cat /etc/hostname', {
        securityContext: { readOnlyRootFilesystem: true, runAsUser: 1000 },
      }),
    ],
  });
  for (const line of [
    /^10\.1\.2\.3\tlegacy\.example\.com$/m,
    /^search .*corp\.example\.com/m,
    /ndots:2/,
    /^db-0\.db\.default\.svc\.cluster\.local$/m,
    /\ndb-0$/,
  ])
    expect(text).toMatch(line);
});

it('F3: a memory volume is open to all whatever the image has at its place; F1: paths count from the root', async () => {
  expect(
    await says('memory', {
      securityContext: { runAsUser: 101 },
      volumes: [
        { name: 'm', emptyDir: { medium: 'Memory' } },
        { name: 'd', emptyDir: {} },
        { name: 'unused', configMap: { name: 'does-not-exist' } },
      ],
      containers: [
        shell('app', 'stat -c "%a %u" /home; touch /home/x srv/data/x && ls /srv/data', {
          volumeMounts: [mount('m', '/home'), mount('d', 'srv/data')],
        }),
      ],
    }),
  ).toBe('1777 0\nx');
});
