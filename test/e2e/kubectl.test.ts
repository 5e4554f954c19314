// Stock kubectl against one droppod: every command of the table's part A, on real containers.
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { Client } from '../../local/cli/client.ts';
import { placeOf, readAccess } from '../../local/cli/place.ts';
import { eventually, example, podOf } from './droppod.ts';
import { kubectlPath } from './kubectl.ts';
import { sharedDroppod } from './shared-droppod.ts';

const dp = sharedDroppod();
const scratch = mkdtempSync(join(tmpdir(), 'droppod-manifests-'));
const KEEPER = {
  terminationGracePeriodSeconds: 1,
  containers: [
    {
      name: 'main',
      image: 'busybox',
      command: ['sh', '-c', 'trap "exit 0" TERM; echo one; echo two; while :; do sleep 0.2; done'],
    },
  ],
};

function file(name: string, content: string): string {
  const path = join(scratch, name);
  writeFileSync(path, content);
  return path;
}

/** Applies a pod with these labels and waits until it runs. */
async function keeper(
  name: string,
  labels: Record<string, string> = {},
  namespace = 'default',
): Promise<void> {
  const { stderr, code } = await dp.kIn(
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, labels, namespace },
      spec: KEEPER,
    }),
    'apply',
    '-f',
    '-',
  );
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(
    (await dp.k('wait', '--for=condition=Ready', `pod/${name}`, '-n', namespace, '--timeout=180s'))
      .stderr,
  ).toBe('');
}

const table = (text: string): string[][] =>
  text
    .trim()
    .split('\n')
    .map((line) => line.split(/\s{2,}/).map((cell) => cell.trim()));

async function said(...words: string[]): Promise<string> {
  const { stdout, stderr, code } = await dp.k(...words);
  expect(code, stderr).toBe(0);
  return stdout;
}

/** A request outside kubectl, as the admin. */
async function raw(
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<{
  status: number;
  body: { kind?: string; code?: number; reason?: string; message?: string };
}> {
  const access = readAccess(placeOf(dp.data));
  if (!access) throw new Error('no kubeconfig');
  const client = new Client(access);
  try {
    const { status, body: answer } = await client.request(method, path, body, headers);
    return { status, body: answer as object };
  } finally {
    client.close();
  }
}

beforeAll(async () => {
  await Promise.all([
    keeper('one', { app: 'web', tier: 'front' }),
    keeper('two', { app: 'web', tier: 'back' }),
    keeper('three', { app: 'db' }),
  ]);
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe.concurrent('what there is', () => {
  it('A21: kubectl reads the version and the resources of core/v1', async () => {
    expect(await said('version')).toMatch(/Server Version: v1\.35\./);
    const resources = await said('api-resources', '--api-group=', '-o', 'name');
    for (const name of [
      'configmaps',
      'events',
      'namespaces',
      'nodes',
      'pods',
      'secrets',
      'serviceaccounts',
      'services',
    ])
      expect(resources.split('\n')).toContain(name);
    expect(await said('cluster-info')).toContain('is running at');
  });

  it('A16: explain prints upstream’s descriptions', async () => {
    expect(await said('explain', 'pod')).toMatch(
      /KIND: +Pod\nVERSION: +v1\n\nDESCRIPTION:\n +Pod is a collection of containers that can run on a host\./,
    );
    expect(await said('explain', 'pod.apiVersion')).toContain(
      'APIVersion defines the versioned schema of this representation of an object.',
    );
    expect(await said('explain', 'pod.spec.containers.lifecycle.preStop')).toContain(
      'PreStop is called immediately before a container is terminated',
    );
  });

  it('A5: get pods prints five columns', async () => {
    const [header, ...rows] = table(await said('get', 'pods', 'one', 'two'));
    expect(header).toEqual(['NAME', 'READY', 'STATUS', 'RESTARTS', 'AGE']);
    expect(rows.map(([name, ready, status, restarts]) => [name, ready, status, restarts])).toEqual([
      ['one', '1/1', 'Running', '0'],
      ['two', '1/1', 'Running', '0'],
    ]);
  });

  it('A6: -o wide adds IP, NODE, NOMINATED NODE and READINESS GATES', async () => {
    const [header, row] = table(await said('get', 'pod', 'one', '-o', 'wide'));
    expect(header?.slice(5)).toEqual(['IP', 'NODE', 'NOMINATED NODE', 'READINESS GATES']);
    expect(row?.[5]).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    expect(row?.slice(6)).toEqual(['droppod', '<none>', '<none>']);
  });

  it('A6, A8: -o yaml and -o json give the whole object with its defaults', async () => {
    const fromYaml = parse(await said('get', 'pod', 'one', '-o', 'yaml')) as { spec: object };
    const fromJson = JSON.parse(await said('get', 'pod', 'one', '-o', 'json')) as { spec: object };
    expect(fromYaml.spec).toEqual(fromJson.spec);
    expect(fromJson.spec).toMatchObject({
      restartPolicy: 'Always',
      dnsPolicy: 'ClusterFirst',
      schedulerName: 'default-scheduler',
      serviceAccountName: 'default',
      securityContext: {},
      containers: [
        {
          imagePullPolicy: 'Always',
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
          resources: {},
        },
      ],
    });
  });

  it('A7: -o jsonpath reads a field', async () => {
    expect(await said('get', 'pod', 'one', '-o', 'jsonpath={.status.phase}')).toBe('Running');
    expect(
      await said('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].metadata.name}'),
    ).toBe('one two');
  });
});

describe('what there is, by labels, events and logs', () => {
  it('A10: --show-labels and -L add columns', async () => {
    expect(table(await said('get', 'pod', 'one', '--show-labels'))[1]?.at(-1)).toBe(
      'app=web,tier=front',
    );
    expect(table(await said('get', 'pod', 'one', '-L', 'tier'))).toMatchObject([
      { 5: 'TIER' },
      { 5: 'front' },
    ]);
  });

  it.each([
    ['app=web', ['one', 'two']],
    ['app=web,tier!=back', ['one']],
    ['app in (db)', ['three']],
    ['!tier,app', ['three']],
  ])('N3: -l "%s" selects', async (selector, names) => {
    expect((await said('get', 'pods', '-l', selector, '-o', 'name')).trim().split('\n')).toEqual(
      names.map((name) => `pod/${name}`),
    );
  });

  it('A9, C5: describe shows the containers and the events', async () => {
    // Events are written concurrently with the status, not before it.
    const text = await eventually(() => said('describe', 'pod', 'one'), /Normal +Started /);
    expect(text).toMatch(/Name: +one\nNamespace: +default/);
    expect(text).toMatch(/State: +Running/);
    for (const reason of ['Scheduled', 'Pulled', 'Created', 'Started'])
      expect(text).toMatch(new RegExp(`Normal +${reason} `));
    expect(text).toContain('Successfully assigned default/one to droppod');
  });

  it('A9: get events, nodes and namespaces', async () => {
    expect(await said('get', 'events', '--field-selector', 'involvedObject.name=one')).toContain(
      'pod/one',
    );
    expect(table(await said('get', 'nodes'))).toMatchObject([
      ['NAME', 'STATUS', 'ROLES', 'AGE', 'VERSION'],
      { 0: 'droppod', 1: 'Ready' },
    ]);
    expect(await said('get', 'namespaces', '-o', 'name')).toContain('namespace/default');
    expect(await said('describe', 'node', 'droppod')).toContain('Name:               droppod');
  });

  it('A11: logs in all their forms', async () => {
    expect(await said('logs', 'one')).toBe('one\ntwo\n');
    expect(await said('logs', 'pod/one', '--tail', '1')).toBe('two\n');
    expect(await said('logs', 'one', '--timestamps', '--tail=1')).toMatch(
      /^\d{4}-\d\d-\d\dT\S+Z two\n$/,
    );
    expect(await said('logs', '-l', 'app=db', '--prefix')).toBe(
      '[pod/three/main] one\n[pod/three/main] two\n',
    );
    expect(await dp.k('logs', 'one', '--previous')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        'previous terminated container "main" in pod "one" not found',
      ) as string,
    });
    expect(await dp.k('logs', 'nobody')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('pods "nobody" not found') as string,
    });
  });

  it('A19: a patched service account lends its pull secret to new pods', async () => {
    expect(await said('create', 'namespace', 'pulls')).toBe('namespace/pulls created\n');
    expect(
      await said(
        'create',
        'secret',
        'docker-registry',
        'myregistrykey',
        '-n',
        'pulls',
        '--docker-server=reg.invalid',
        '--docker-username=u',
        '--docker-password=p',
        '--docker-email=e@example.com',
      ),
    ).toBe('secret/myregistrykey created\n');
    expect(table(await said('get', 'secrets', 'myregistrykey', '-n', 'pulls'))[1]).toMatchObject({
      0: 'myregistrykey',
      1: 'kubernetes.io/dockerconfigjson',
      2: '1',
    });
    expect(
      await said(
        'patch',
        'serviceaccount',
        'default',
        '-n',
        'pulls',
        '-p',
        '{"imagePullSecrets":[{"name":"myregistrykey"}]}',
      ),
    ).toBe('serviceaccount/default patched\n');
    expect(
      parse(await said('get', 'serviceaccounts', 'default', '-n', 'pulls', '-o', 'yaml')),
    ).toMatchObject({ imagePullSecrets: [{ name: 'myregistrykey' }] });
    await keeper('puller', {}, 'pulls');
    expect(
      await said(
        'get',
        'pod',
        'puller',
        '-n',
        'pulls',
        '-o',
        'jsonpath={.spec.imagePullSecrets[0].name}',
      ),
    ).toBe('myregistrykey');
    expect(await said('delete', 'namespace', 'pulls')).toContain('namespace "pulls" deleted');
    expect((await dp.k('get', 'pod', 'puller', '-n', 'pulls')).stderr).toContain('not found');
  });

  it('A18: the docker-registry secret holds .dockerconfigjson', async () => {
    expect(
      await said(
        'create',
        'secret',
        'docker-registry',
        'regcred',
        '--docker-server=reg.invalid',
        '--docker-username=u',
        '--docker-password=p',
      ),
    ).toBe('secret/regcred created\n');
    const data = await said(
      'get',
      'secret',
      'regcred',
      '-o',
      'jsonpath={.data.\\.dockerconfigjson}',
    );
    expect(JSON.parse(Buffer.from(data, 'base64').toString())).toMatchObject({
      auths: { 'reg.invalid': { username: 'u', password: 'p' } },
    });
  });
});

describe.concurrent('what changes', () => {
  it('A3: create -f says created, then AlreadyExists', async () => {
    const path = file('create.yaml', podOf('created', KEEPER));
    expect(await said('create', '-f', path)).toBe('pod/created created\n');
    expect(await dp.k('create', '-f', path)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('(AlreadyExists)') as string,
    });
    expect(await said('delete', '-f', path)).toMatch(/^pod "created" deleted/);
  });

  it('A4: apply -f says created, unchanged, configured', async () => {
    const pod = (color: string): string =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'applied', labels: { color } },
        spec: KEEPER,
      });
    expect(await said('apply', '-f', file('blue.json', pod('blue')))).toBe('pod/applied created\n');
    expect(await said('apply', '-f', file('blue.json', pod('blue')))).toBe(
      'pod/applied unchanged\n',
    );
    expect(await said('apply', '-f', file('red.json', pod('red')))).toBe(
      'pod/applied configured\n',
    );
    expect(await said('get', 'pod', 'applied', '-o', 'jsonpath={.metadata.labels.color}')).toBe(
      'red',
    );
    expect((await dp.k('diff', '-f', file('blue.json', pod('blue')))).stdout).toContain(
      '+    color: blue',
    );
    expect(
      await said(
        'apply',
        '--server-side',
        '--force-conflicts',
        '-f',
        file('blue.json', pod('blue')),
      ),
    ).toBe('pod/applied serverside-applied\n');
    await said('delete', 'pod', 'applied');
  });

  it('A4: apply --prune removes what is no longer in the file, of every kind of its default list', async () => {
    const map = (name: string): string =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, labels: { pruned: 'yes' } },
      });
    const apply = (text: string) => dp.kIn(text, 'apply', '-f', '-', '--prune', '-l', 'pruned=yes');
    expect((await apply(`${map('stays')}\n---\n${map('goes')}`)).code).toBe(0);
    const { code, stdout } = await apply(map('stays'));
    expect(code).toBe(0);
    expect(stdout).toBe('configmap/stays unchanged\nconfigmap/goes pruned\n');
    await dp.k('delete', 'configmap', 'stays');
  });

  it('A15: what get -o yaml gives can be fed back to replace', async () => {
    await keeper('replaced');
    const text = (await said('get', 'pod', 'replaced', '-o', 'yaml')).replace(
      '  name: replaced\n',
      '  name: replaced\n  labels: {fed: back}\n',
    );
    expect((await dp.kIn(text, 'replace', '-f', '-')).stdout).toBe('pod/replaced replaced\n');
    expect(await said('get', 'pod', 'replaced', '-o', 'jsonpath={.metadata.labels.fed}')).toBe(
      'back',
    );
    // The version that was read is outdated.
    expect(await dp.kIn(text, 'replace', '-f', '-')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the object has been modified') as string,
    });
    const uid = await said('get', 'pod', 'replaced', '-o', 'jsonpath={.metadata.uid}');
    expect(
      (await dp.kIn(podOf('replaced', KEEPER), 'replace', '--force', '-f', '-')).stdout,
    ).toContain('pod/replaced replaced');
    expect(await said('get', 'pod', 'replaced', '-o', 'jsonpath={.metadata.uid}')).not.toBe(uid);
    await said('delete', 'pod', 'replaced', '--force', '--grace-period=0');
  });

  it('A20: a pod’s spec cannot be changed but for what Kubernetes allows', async () => {
    await keeper('fixed');
    const refused = await dp.k(
      'patch',
      'pod',
      'fixed',
      '-p',
      '{"spec":{"containers":[{"name":"main","command":["true"]}]}}',
    );
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('pod updates may not change fields other than') as string,
    });
    expect(
      await said('patch', 'pod', 'fixed', '-p', '{"spec":{"activeDeadlineSeconds":3000}}'),
    ).toBe('pod/fixed patched\n');
    await said('delete', 'pod', 'fixed');
  });
});

describe('what changes of labels, statuses and whole namespaces', () => {
  it('N2: label and annotate', async () => {
    await keeper('named', { app: 'named' });
    expect(await said('label', 'pod', 'named', 'tier=back')).toBe('pod/named labeled\n');
    expect((await dp.k('label', 'pod', 'named', 'tier=front')).stderr).toContain(
      'already has a value (back)',
    );
    expect(await said('label', 'pod', 'named', 'tier=front', '--overwrite')).toBe(
      'pod/named labeled\n',
    );
    expect(await said('label', 'pod', 'named', 'tier-')).toBe('pod/named unlabeled\n');
    expect(await said('annotate', 'pod', 'named', 'note=x y')).toBe('pod/named annotated\n');
    expect(
      await said(
        'get',
        'pod',
        'named',
        '-o',
        'jsonpath={.metadata.annotations.note}/{.metadata.labels}',
      ),
    ).toBe('x y/{"app":"named"}');
    await said('delete', 'pods', '-l', 'app=named');
  });

  it('A2: a client’s status is dropped, an unknown apiVersion is refused', async () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'sly' },
      spec: KEEPER,
      status: { phase: 'Failed', podIP: '1.2.3.4' },
    };
    expect((await dp.kIn(JSON.stringify(pod), 'create', '-f', '-')).code).toBe(0);
    expect(await said('get', 'pod', 'sly', '-o', 'jsonpath={.status.phase}')).toMatch(
      /Pending|Running/,
    );
    expect(
      await dp.kIn(JSON.stringify({ ...pod, apiVersion: 'v9' }), 'create', '-f', '-'),
    ).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no matches for kind "Pod" in version "v9"') as string,
    });
    await said('delete', 'pod', 'sly', '--now');
  });

  it('A13, N4: a Namespace by apply -f; delete pod --all empties only that one', async () => {
    expect(await said('apply', '-f', example('namespace'))).toBe('namespace/team-a created\n');
    await Promise.all([keeper('one', {}, 'team-a'), keeper('other', {}, 'team-a')]);
    expect(
      (
        await said(
          'get',
          'pods',
          '-A',
          '--field-selector',
          'metadata.name=one',
          '-o',
          'custom-columns=NS:.metadata.namespace',
          '--no-headers',
        )
      )
        .trim()
        .split('\n'),
    ).toEqual(['default', 'team-a']);
    expect((await said('delete', 'pod', '--all', '-n', 'team-a')).trim().split('\n')).toHaveLength(
      2,
    );
    expect((await dp.k('get', 'pods', '-n', 'team-a')).stderr).toContain(
      'No resources found in team-a namespace.',
    );
    expect(await said('get', 'pod', 'one', '-o', 'name')).toBe('pod/one\n');
    expect(await said('delete', 'namespace', 'team-a')).toContain('deleted');
  });

  it('A12, L1: delete is graceful and waits until the pod is gone', async () => {
    await keeper('leaving');
    expect(await said('delete', 'pod', 'leaving')).toMatch(/^pod "leaving" deleted/);
    expect((await dp.k('get', 'pod', 'leaving')).stderr).toBe(
      'Error from server (NotFound): pods "leaving" not found\n',
    );
  });

  it('A14, L7: --force --grace-period=0 frees the name at once', async () => {
    // A deletion that waited for the grace would not end before kubectl does.
    const stubborn = podOf('stubborn', {
      terminationGracePeriodSeconds: 3600,
      containers: [
        {
          name: 'main',
          image: 'busybox',
          command: ['sh', '-c', 'trap "" TERM; while :; do sleep 1; done'],
        },
      ],
    });
    await dp.kIn(stubborn, 'create', '-f', '-');
    await dp.until('stubborn', ({ status }) => status.phase === 'Running');
    const { stdout, stderr } = await dp.k(
      'delete',
      'pod',
      'stubborn',
      '--force',
      '--grace-period=0',
    );
    expect(stderr).toContain('Immediate deletion does not wait for confirmation');
    expect(stdout).toContain('pod "stubborn" force deleted');
    expect((await dp.kIn(stubborn, 'create', '-f', '-')).stdout).toBe('pod/stubborn created\n');
    await dp.k('delete', 'pod', 'stubborn', '--force', '--grace-period=0');
  });
});

describe.concurrent('logs of several containers and runs', () => {
  it('A11: several containers: -c must be named; --previous is the run before', async () => {
    const container = (name: string): object => ({
      name,
      image: 'busybox',
      command: ['sh', '-c', `echo ${name}; sleep 3600`],
    });
    await dp.kIn(
      podOf('pair', {
        terminationGracePeriodSeconds: 0,
        containers: [container('left'), container('right')],
      }),
      'create',
      '-f',
      '-',
    );
    await said('wait', '--for=condition=Ready', 'pod/pair', '--timeout=180s');
    const { client, body } = await named('/api/v1/namespaces/default/pods/pair/log');
    expect(client).toBe(400);
    expect(body.message).toBe(
      'a container name must be specified for pod pair, choose one of: [left right]',
    );
    expect(await said('logs', 'pair', '-c', 'right')).toBe('right\n');
    // kubectl reads them concurrently: the order is random.
    expect(
      (await said('logs', 'pair', '--all-containers', '--prefix')).trim().split('\n').sort(),
    ).toEqual(['[pod/pair/left] left', '[pod/pair/right] right']);
    expect((await dp.k('logs', 'pair', '-c', 'middle')).stderr).toContain(
      'container middle is not valid for pod pair',
    );
    await said('delete', 'pod', 'pair');
  });

  it('B10: --previous shows the run before, logs the current one', async () => {
    await dp.kIn(
      podOf('again', {
        terminationGracePeriodSeconds: 0,
        volumes: [{ name: 'v', emptyDir: {} }],
        containers: [
          {
            name: 'main',
            image: 'busybox',
            volumeMounts: [{ name: 'v', mountPath: '/v' }],
            command: [
              'sh',
              '-c',
              'echo x >> /v/runs; wc -l < /v/runs; [ $(wc -l < /v/runs) -gt 1 ] && sleep 3600; exit 1',
            ],
          },
        ],
      }),
      'create',
      '-f',
      '-',
    );
    await dp.until(
      'again',
      ({ status }) =>
        status.containerStatuses?.[0]?.restartCount === 1 &&
        status.containerStatuses[0].state.running !== undefined,
    );
    await eventually(() => said('logs', 'again'), /^2\n$/);
    expect(await said('logs', 'again', '--previous')).toBe('1\n');
    await said('delete', 'pod', 'again');
  });

  it('A11: logs -f streams until the container ends', async () => {
    await dp.kIn(
      podOf('talker', {
        restartPolicy: 'Never',
        containers: [
          {
            name: 'main',
            image: 'busybox',
            command: ['sh', '-c', 'for i in 1 2 3 4; do echo line $i; sleep 0.5; done'],
          },
        ],
      }),
      'create',
      '-f',
      '-',
    );
    await dp.until('talker', ({ status }) => status.phase === 'Running');
    expect(await said('logs', '-f', 'talker')).toBe('line 1\nline 2\nline 3\nline 4\n');
  });

  it('A5: get pods -w prints each change of a pod', async () => {
    const child = spawn(
      kubectlPath(),
      ['get', 'pod', '-w', '--field-selector', 'metadata.name=seen', '--output-watch-events'],
      { env: { ...process.env, KUBECONFIG: dp.kubeconfig }, stdio: ['ignore', 'pipe', 'ignore'] },
    );
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    try {
      await dp.kIn(
        podOf('seen', {
          restartPolicy: 'Never',
          containers: [{ name: 'main', image: 'busybox', command: ['sleep', '1'] }],
        }),
        'create',
        '-f',
        '-',
      );
      await dp.until('seen', ({ status }) => status.phase === 'Succeeded');
      await dp.k('delete', 'pod', 'seen');
      await eventually(() => text, /DELETED/);
    } finally {
      child.kill();
    }
    const statuses = text
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/)[3])
      .filter((status, index, all) => status !== all[index - 1]);
    expect(statuses.filter((status) => status !== 'Pending').join(' ')).toMatch(
      /^ContainerCreating Running Completed( Terminating)?( Completed)?$/,
    );
  });
});

/** Status code and body of a GET. */
async function named(path: string): Promise<{ client: number; body: { message?: string } }> {
  const { status, body } = await raw('GET', path);
  return { client: status, body };
}

describe.concurrent('without kubectl', () => {
  it('A1: YAML posted by plain curl makes a pod', async () => {
    const access = readAccess(placeOf(dp.data));
    const ca = file('ca.pem', access?.ca ?? '');
    const pod = file(
      'curl.yaml',
      'apiVersion: v1\nkind: Pod\nmetadata:\n  name: by-curl\nspec:\n  restartPolicy: Never\n  containers:\n  - {name: main, image: busybox, command: ["true"]}\n',
    );
    const { stdout } = await promisify(execFile)('curl', [
      '-sS',
      '--cacert',
      ca,
      '-H',
      `Authorization: Bearer ${access?.token ?? ''}`,
      '-H',
      'Content-Type: application/yaml',
      '--data-binary',
      `@${pod}`,
      `${access?.server ?? ''}/api/v1/namespaces/default/pods`,
    ]);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'Pod',
      metadata: { name: 'by-curl' },
      status: { phase: 'Pending' },
    });
    await dp.until('by-curl', ({ status }) => status.phase === 'Succeeded');
  });

  it.each([
    ['POST', '/api/v1/namespaces/default/pods', '{', 'application/json', 400],
    ['POST', '/api/v1/namespaces/default/pods', '[]', 'application/json', 400],
    [
      'POST',
      '/api/v1/namespaces/default/pods',
      '{"apiVersion":"v1","kind":"Service"}',
      'application/json',
      400,
    ],
    ['POST', '/api/v1/namespaces/default/pods', 'a: [', 'application/yaml', 400],
    ['POST', '/api/v1/namespaces/default/pods', '{}', 'text/plain', 415],
    ['PATCH', '/api/v1/namespaces/default/pods/one', '{', 'application/merge-patch+json', 400],
    ['GET', '/api/v1/namespaces/default/podz', undefined, '', 404],
    ['GET', '/api/v1/namespaces/default/pods/one/nothing', undefined, '', 404],
    ['GET', '/nowhere', undefined, '', 404],
    ['POST', '/api/v1/namespaces/nowhere/pods', podOf('lost', KEEPER), 'application/json', 404],
    ['PUT', '/api/v1/pods', '{}', 'application/json', 405],
    ['POST', '/api/v1/namespaces/default/pods', podOf('UPPER', KEEPER), 'application/json', 422],
  ])('A1: %s %s with %j as %s is a Status with code %i', async (method, path, body, type, code) => {
    const { status, text } = await send(method, path, body, type);
    expect(status).toBe(code);
    expect(JSON.parse(text)).toMatchObject({
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      code,
    });
  });

  it('A21: a wrong token is 401, none may only read the version', async () => {
    const access = readAccess(placeOf(dp.data));
    if (!access) throw new Error('no kubeconfig');
    const client = new Client({ ...access, token: 'wrong' });
    expect(await client.request('GET', '/api/v1/pods')).toMatchObject({
      status: 401,
      body: { kind: 'Status', reason: 'Unauthorized' },
    });
    client.close();
  });
});

/** A request with exactly this text as body. */
async function send(
  method: string,
  path: string,
  body: string | undefined,
  type: string,
): Promise<{ status: number; text: string }> {
  const access = readAccess(placeOf(dp.data));
  const data = body === undefined ? [] : ['--data-binary', body, '-H', `Content-Type: ${type}`];
  const { stdout } = await promisify(execFile)('curl', [
    '-sSk',
    '-X',
    method,
    '-H',
    `Authorization: Bearer ${access?.token ?? ''}`,
    ...data,
    '-w',
    '\n%{http_code}',
    `${access?.server ?? ''}${path}`,
  ]);
  const at = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(at + 1)), text: stdout.slice(0, at) };
}

it('two documents in one file, one of them not served, are distinguished', async () => {
  const text = `${readFileSync(example('succeeds'), 'utf8')}---\napiVersion: example.com/v1\nkind: Thing\nmetadata: {name: x}\n`;
  expect(parseAllDocuments(text)).toHaveLength(2);
  const { code, stdout, stderr } = await dp.kIn(text, 'apply', '-f', '-');
  expect(code).toBe(1);
  expect(stdout).toContain('pod/succeeds created');
  expect(stderr).toContain('no matches for kind "Thing" in version "example.com/v1"');
});
