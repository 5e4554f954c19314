// What the containers of a pod share and what they do not, in real containers: network, host name, ports, files, processes; and other pods.
import {
  GetExecutionHistoryCommand,
  ListStateMachinesCommand,
  SFNClient,
  type GetExecutionHistoryCommandOutput,
} from '@aws-sdk/client-sfn';
import { beforeAll, describe, expect, it } from 'vitest';
import { awsAccess, eventually, podOf, type ContainerJson, type PodJson } from './droppod.ts';
import { sharedDroppod } from './shared-droppod.ts';

const dp = sharedDroppod();
const WAIT = 'trap "exit 0" TERM; while :; do sleep 0.2; done';
const shell = (name: string, script: string, more: object = {}): object => ({
  name,
  image: 'busybox',
  imagePullPolicy: 'IfNotPresent',
  command: ['sh', '-c', script],
  ...more,
});
const web = (port: number): string =>
  `mkdir -p /www; echo "$HOSTNAME:${port}" >/www/index.html; exec httpd -f -p ${port} -h /www`;

async function create(
  name: string,
  spec: object,
  labels: object = {},
  warning = '',
): Promise<void> {
  const pod = {
    ...(JSON.parse(podOf(name, { terminationGracePeriodSeconds: 1, ...spec })) as object),
    metadata: { name, labels },
  };
  const { code, stderr } = await dp.kIn(JSON.stringify(pod), 'create', '-f', '-');
  expect(`${code} ${stderr.trim()}`).toBe(`0 ${warning}`);
}

const isReady = ({ status }: PodJson): boolean =>
  status.conditions.some(({ type, status: value }) => type === 'Ready' && value === 'True');
const containerOf = ({ status }: PodJson, name: string): ContainerJson | undefined =>
  [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].find(
    (one) => one.name === name,
  );

/** The output of a shell line in a container. */
async function inside(pod: string, container: string, line: string): Promise<string> {
  const { stdout, stderr, code } = await dp.k('exec', pod, '-c', container, '--', 'sh', '-c', line);
  expect(code, stderr).toBe(0);
  return stdout.trim();
}

const field = async (pod: string, path: string): Promise<string> =>
  (await dp.k('get', 'pod', pod, '-o', `jsonpath={${path}}`)).stdout;

/** The history of an execution, through the AWS endpoint. */
async function historyOf(execution: string): Promise<GetExecutionHistoryCommandOutput> {
  const states = new SFNClient(awsAccess(dp.data));
  try {
    const { stateMachines: [machine] = [] } = await states.send(new ListStateMachinesCommand({}));
    const executionArn = `${(machine?.stateMachineArn ?? '').replace(':stateMachine:', ':execution:')}:${execution}`;
    return await states.send(new GetExecutionHistoryCommand({ executionArn }));
  } finally {
    states.destroy();
  }
}

const PAIR = {
  volumes: [{ name: 'pages', emptyDir: {} }],
  containers: [
    shell('web', web(8080)),
    shell('admin', web(9090), { volumeMounts: [{ name: 'pages', mountPath: '/pages' }] }),
    shell('helper', WAIT, { volumeMounts: [{ name: 'pages', mountPath: '/data/pages' }] }),
  ],
};

beforeAll(async () => {
  await Promise.all([
    create('pair', PAIR),
    create('other', { containers: [shell('web', web(8080)), shell('helper', WAIT)] }),
  ]);
  await Promise.all(['pair', 'other'].map((name) => dp.until(name, isReady)));
});

describe.concurrent('within a pod', () => {
  it('E3, E9, E15: three containers have one address, the one in the status, and it is the pod’s own', async () => {
    const [ip = '', other = ''] = await Promise.all(
      ['pair', 'other'].map((pod) => field(pod, '.status.podIP')),
    );
    const shown = await Promise.all(
      ['web', 'admin', 'helper'].map((name) => inside('pair', name, 'hostname -i')),
    );
    expect(shown).toEqual([ip, ip, ip]);
    expect(await field('pair', '.status.podIPs[*].ip')).toBe(ip);
    expect(other).not.toBe(ip);
  });

  it('E4, E11: one host name, the pod’s, and one network interface', async () => {
    const [names, links] = await Promise.all([
      Promise.all(
        ['web', 'admin', 'helper'].map((name) =>
          inside('pair', name, 'hostname; cat /etc/hostname; echo $HOSTNAME'),
        ),
      ),
      Promise.all(
        ['web', 'admin', 'helper'].map((name) =>
          inside('pair', name, 'cat /sys/class/net/eth0/address; readlink /proc/self/ns/net'),
        ),
      ),
    ]);
    expect(names).toEqual(Array.from({ length: 3 }, () => 'pair\npair\npair'));
    expect(new Set(links).size).toBe(1);
    expect(await inside('other', 'helper', 'readlink /proc/self/ns/net')).not.toBe(
      links[0]?.split('\n')[1],
    );
  });

  it('E5: containers meet on localhost', async () => {
    expect(
      await inside(
        'pair',
        'helper',
        'wget -qO- http://localhost:8080; wget -qO- http://127.0.0.1:9090',
      ),
    ).toBe('pair:8080\npair:9090');
  });

  it('E6: two containers that bind one port conflict: the second crash-loops, the API only warns', async () => {
    const listen = (name: string, script: string): object =>
      shell(name, script, { ports: [{ containerPort: 7070 }] });
    await create(
      'conflict',
      {
        containers: [
          listen('first', web(7070)),
          listen('second', `until wget -qO- localhost:7070; do sleep 0.1; done; ${web(7070)}`),
        ],
      },
      {},
      'Warning: spec.containers[1].ports[0]: duplicate port definition with spec.containers[0].ports[0]',
    );
    const pod = await dp.until(
      'conflict',
      (one) => (containerOf(one, 'second')?.restartCount ?? 0) >= 2,
    );
    expect(containerOf(pod, 'first')).toMatchObject({ restartCount: 0, state: { running: {} } });
    expect(containerOf(pod, 'second')?.lastState.terminated?.exitCode).toBe(1);
    expect((await dp.k('logs', 'conflict', '-c', 'second')).stdout).toMatch(
      /[Aa]ddress (already )?in use/,
    );
    await dp.k('delete', 'pod', 'conflict', '--now');
  });

  it('E8: processes are their own by default, and shared on request', async () => {
    await create('processes', {
      shareProcessNamespace: true,
      containers: [shell('one', 'exec sleep 3601'), shell('two', WAIT)],
    });
    await dp.until('processes', isReady);
    expect(await inside('processes', 'two', 'ps')).toContain('sleep 3601');
    expect(await inside('pair', 'helper', 'ps')).not.toContain('httpd');
    await dp.k('delete', 'pod', 'processes', '--now');
  });

  it('E14: file systems are isolated, volumes are not', async () => {
    expect(await inside('pair', 'web', 'echo mine >/tmp/own; cat /www/index.html')).toBe(
      'pair:8080',
    );
    expect(await inside('pair', 'helper', 'ls /tmp/own /www 2>&1 | sort')).toMatch(
      /No such file.*\n.*No such file/,
    );
    await inside('pair', 'admin', 'echo shared >/pages/page');
    expect(await inside('pair', 'helper', 'cat /data/pages/page')).toBe('shared');
    expect(await inside('pair', 'web', 'ls -d /pages /data 2>&1 || true')).toMatch(/No such file/);
  });

  it('E15: a helper fills what the web container serves', async () => {
    await create('tied', {
      volumes: [{ name: 'site', emptyDir: {} }],
      containers: [
        shell('web', 'exec httpd -f -p 8080 -h /site', {
          volumeMounts: [{ name: 'site', mountPath: '/site', readOnly: true }],
        }),
        shell(
          'downloader',
          'n=0; trap "exit 0" TERM; while :; do n=$((n+1)); echo "version $n" >/fetched/index.html; sleep 0.3; done',
          { volumeMounts: [{ name: 'site', mountPath: '/fetched' }] },
        ),
      ],
    });
    await dp.until('tied', isReady);
    const read = (): Promise<string> =>
      inside('tied', 'downloader', 'wget -qO- localhost:8080 || true');
    const [, first = ''] = /version (\d+)/.exec(await eventually(read, /version \d/)) ?? [];
    await eventually(read, new RegExp(`version (?!${first}$)\\d+`));
    await dp.k('delete', 'pod', 'tied', '--now');
  });
});

describe.concurrent('among pods', () => {
  it('E7, E10, E12: two pods listen on one port and reach each other by address and port', async () => {
    const [pair, other] = await Promise.all(
      ['pair', 'other'].map((pod) => field(pod, '.status.podIP')),
    );
    expect(
      await inside(
        'other',
        'helper',
        `wget -qO- http://${pair}:8080; wget -qO- http://${pair}:9090`,
      ),
    ).toBe('pair:8080\npair:9090');
    expect(await inside('pair', 'helper', `wget -qO- http://${other}:8080`)).toBe('other:8080');
    expect(await inside('other', 'helper', 'wget -qO- http://localhost:9090 2>&1 || true')).toMatch(
      /refused/,
    );
  });

  it('E4, E10: IPC is not shared, neither between pods nor, as on Fargate, within one', async () => {
    const spaces = await Promise.all(
      [
        ['pair', 'web'],
        ['pair', 'helper'],
        ['other', 'web'],
      ].map(([pod = '', name = '']) => inside(pod, name, 'readlink /proc/self/ns/ipc')),
    );
    expect(new Set(spaces).size).toBe(3);
    expect(await inside('pair', 'web', 'echo x >/dev/shm/mine; ls /dev/shm')).toBe('mine');
    expect(await inside('other', 'web', 'ls /dev/shm')).toBe('');
  });

  it('E13: all containers of a pod lie in one task on one node', async () => {
    const pods = JSON.parse((await dp.k('get', 'pods', 'pair', 'other', '-o', 'json')).stdout) as {
      items: (PodJson & { spec: { nodeName: string }; status: { hostIP: string } })[];
    };
    expect(pods.items.map(({ spec }) => spec.nodeName)).toEqual(['droppod', 'droppod']);
    expect(await inside('pair', 'web', 'readlink /proc/self/ns/net')).toBe(
      await inside('pair', 'helper', 'readlink /proc/self/ns/net'),
    );
    expect(pods.items.every(({ status }) => /^\d+\.\d+\.\d+\.\d+$/.test(status.hostIP))).toBe(true);
  });

  it('D9: an init container holds the app back until another pod answers', async () => {
    await create('waits', {
      initContainers: [
        shell(
          'for-late',
          'until ip=$(cat /peer/ip 2>/dev/null) && wget -qO- http://$ip:8080; do sleep 0.2; done',
          { volumeMounts: [{ name: 'peer', mountPath: '/peer' }] },
        ),
      ],
      containers: [shell('app', `date +%s%N; ${WAIT}`)],
      volumes: [{ name: 'peer', configMap: { name: 'peer', optional: true } }],
    });
    await dp.until('waits', (one) => containerOf(one, 'for-late')?.state.running !== undefined);
    expect(await dp.status('waits')).toBe('Init:0/1');
    expect(containerOf(await dp.until('waits', () => true), 'app')?.state.waiting?.reason).toBe(
      'PodInitializing',
    );
    await dp.k(
      'create',
      'configmap',
      'peer',
      `--from-literal=ip=${await field('other', '.status.podIP')}`,
    );
    const pod = await dp.until('waits', isReady);
    expect(containerOf(pod, 'for-late')).toMatchObject({
      restartCount: 0,
      state: { terminated: { exitCode: 0 } },
    });
    expect(
      Date.parse(containerOf(pod, 'app')?.state.running?.startedAt ?? ''),
    ).toBeGreaterThanOrEqual(
      Date.parse(containerOf(pod, 'for-late')?.state.terminated?.finishedAt ?? ''),
    );
    await dp.k('delete', 'pod', 'waits', '--now');
  });

  it('H6: variables of a service are there for containers that start after it, not for those before', async () => {
    await create('before', { containers: [shell('main', WAIT)] });
    await dp.until('before', isReady);
    expect((await dp.k('create', 'service', 'clusterip', 'my-db', '--tcp=5432:5432')).code).toBe(0);
    const ip = (await dp.k('get', 'service', 'my-db', '-o', 'jsonpath={.spec.clusterIP}')).stdout;
    await create('after', { containers: [shell('main', WAIT)] });
    await dp.until('after', isReady);
    expect(await inside('before', 'main', 'env | grep MY_DB || echo none')).toBe('none');
    expect(await inside('after', 'main', 'env')).toContain(`MY_DB_SERVICE_HOST=${ip}`);
    expect(await inside('after', 'main', 'echo $MY_DB_SERVICE_PORT')).toBe('5432');
    await dp.k('delete', 'pod', 'before', 'after', '--now');
  });
});

describe('a pod is one thing', () => {
  it.concurrent(
    'B8: a pod that is made again under its name is another one and finds nothing of the first',
    async () => {
      const spec = {
        volumes: [{ name: 'd', emptyDir: {} }],
        containers: [
          shell('main', `ls /d; echo was here >/d/file; ${WAIT}`, {
            volumeMounts: [{ name: 'd', mountPath: '/d' }],
          }),
        ],
      };
      await create('again', spec);
      const first = await dp.until('again', isReady);
      expect(await inside('again', 'main', 'cat /d/file')).toBe('was here');
      await dp.k('delete', 'pod', 'again');
      await create('again', spec);
      const second = await dp.until('again', isReady);
      expect(second.metadata.uid).not.toBe(first.metadata.uid);
      expect(containerOf(second, 'main')).toMatchObject({ restartCount: 0, lastState: {} });
      expect((await dp.k('logs', 'again')).stdout).toBe('');
      await dp.k('delete', 'pod', 'again', '--now');
    },
  );

  it.concurrent(
    'B4: a pod that the system ends is Failed, though its container exits with 0',
    async () => {
      await create('late', { containers: [shell('main', WAIT)] });
      await dp.until('late', isReady);
      await dp.k('patch', 'pod', 'late', '-p', '{"spec":{"activeDeadlineSeconds":1}}');
      const pod = await dp.until('late', ({ status }) => status.phase === 'Failed');
      expect(pod.status.reason).toBe('DeadlineExceeded');
      expect(containerOf(pod, 'main')?.state.terminated?.exitCode).toBe(0);
    },
  );

  it('M4: single containers cannot be scaled, nor added', async () => {
    expect(await dp.k('scale', 'pod', 'pair', '--replicas=2')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /could not find the requested resource|no scale subresource|not found/,
      ) as string,
    });
    const more = JSON.stringify({ spec: { containers: [{ name: 'fourth', image: 'busybox' }] } });
    expect(await dp.k('patch', 'pod', 'pair', '-p', more)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('pod updates may not add or remove containers') as string,
    });
  });

  it('O3: a bound pod is not bound again', async () => {
    const target = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: 'pair' },
      target: { apiVersion: 'v1', kind: 'Node', name: 'elsewhere' },
    });
    const { code, stderr } = await dp.kIn(
      target,
      'create',
      '--raw',
      '/api/v1/namespaces/default/pods/pair/binding',
      '-f',
      '-',
    );
    expect(`${code} ${stderr}`).toMatch(/^1 .*pod pair is already assigned to node "droppod"/);
    expect(
      await dp.k('patch', 'pod', 'pair', '-p', '{"spec":{"nodeName":"elsewhere"}}'),
    ).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('pod updates may not change fields other than') as string,
    });
    expect(await field('pair', '.spec.nodeName')).toBe('droppod');
  });

  it('N1: labels are the pod’s, found by selectors and checked by Kubernetes’ rules', async () => {
    await create(
      'labelled',
      { containers: [shell('main', WAIT)] },
      { 'app.kubernetes.io/name': 'web', tier: '' },
    );
    expect(
      (await dp.k('get', 'pods', '-l', 'app.kubernetes.io/name=web,tier=', '-o', 'name')).stdout,
    ).toBe('pod/labelled\n');
    const bad = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'bad', labels: { app: 'a b' } },
      spec: { containers: [shell('main', WAIT)] },
    };
    expect(await dp.kIn(JSON.stringify(bad), 'create', '-f', '-')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('metadata.labels: Invalid value: "a b"') as string,
    });
    await dp.k('delete', 'pod', 'labelled', '--now');
  });

  it.each([
    [
      'I4: hostNetwork',
      { hostNetwork: true },
      'spec.hostNetwork: Forbidden: Fargate has no host network: a task has an address of its own',
    ],
    [
      'D8, J2: a probe of an init container',
      { initContainers: [shell('i', 'true', { readinessProbe: { exec: { command: ['true'] } } })] },
      'spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
    ],
  ])('%s is refused with its reason', async (_what, more, reason) => {
    const { code, stderr } = await dp.kIn(
      podOf('refused', { ...more, containers: [shell('main', 'true')] }),
      'create',
      '-f',
      '-',
    );
    expect(code).toBe(1);
    expect(stderr).toContain(reason);
  });

  it('R4: describe names the execution, and its history has the starts of the pod', async () => {
    const uid = await field('pair', '.metadata.uid');
    const { stdout } = await dp.k('describe', 'pod', 'pair');
    const [, name = ''] = /droppod\/execution: (\S+)/.exec(stdout) ?? [];
    expect(name).toBe(uid);
    const { events = [] } = await historyOf(name);
    const started = events.flatMap(({ type, taskScheduledEventDetails: task }) =>
      type === 'TaskScheduled'
        ? [
            JSON.parse(task?.parameters ?? '{}') as {
              Payload?: { container?: string; run?: number };
            },
          ]
        : [],
    );
    expect(
      started
        .flatMap(({ Payload = {} }) =>
          Payload.container === undefined ? [] : [`${Payload.container}/${Payload.run ?? ''}`],
        )
        .sort(),
    ).toEqual(['admin/1', 'helper/1', 'web/1']);
  });
});

describe.concurrent('hooks', () => {
  const hook = (line: string): object => ({ exec: { command: ['sh', '-c', line] } });

  it('K5: hooks run in their container, on its files and its address', async () => {
    await create('hooked', {
      volumes: [{ name: 'd', emptyDir: {} }],
      containers: [
        shell('main', `echo image >/tmp/mine; ${WAIT}`, {
          lifecycle: {
            postStart: hook(
              'while [ ! -e /tmp/mine ]; do sleep 0.1; done; hostname >/tmp/hook; hostname -i >>/tmp/hook',
            ),
          },
        }),
        shell('side', WAIT),
      ],
    });
    const pod = await dp.until('hooked', isReady);
    expect(await inside('hooked', 'main', 'cat /tmp/hook')).toBe(`hooked\n${pod.status.podIP}`);
    expect(await inside('hooked', 'side', 'ls /tmp/hook 2>&1 || true')).toContain('No such file');
    await dp.k('delete', 'pod', 'hooked', '--now');
  });

  it('K4: preStop is not called for a container that ends by itself, but for one that is stopped', async () => {
    const keep = [{ name: 'd', mountPath: '/d' }];
    await create('ends', {
      restartPolicy: 'OnFailure',
      terminationGracePeriodSeconds: 10,
      volumes: [{ name: 'd', emptyDir: {} }],
      containers: [
        shell('short', 'exit 0', {
          volumeMounts: keep,
          lifecycle: { preStop: hook('echo short >>/d/called') },
        }),
        shell('long', 'trap "sleep 1; exit 0" TERM; while :; do sleep 0.1; done', {
          volumeMounts: keep,
          lifecycle: { preStop: hook('echo long >>/d/called') },
        }),
        shell(
          'watch',
          'trap "" TERM; while ! grep -qs long /d/called; do sleep 0.1; done; cat /d/called; sleep 1',
          { volumeMounts: keep },
        ),
      ],
    });
    await dp.until(
      'ends',
      (one) =>
        containerOf(one, 'short')?.state.terminated !== undefined &&
        containerOf(one, 'watch')?.state.running !== undefined,
      40,
    );
    expect(await inside('ends', 'watch', 'ls /d')).toBe('');
    const follow = dp.k('logs', '-f', 'ends', '-c', 'watch');
    await dp.k('delete', 'pod', 'ends');
    expect((await follow).stdout).toBe('long\n');
  });
});
