// F2: what a container sees of its pod's volumes; Fargate mounts only whole volumes, so each part is one.
import { describe, expect, it } from 'vitest';
import type { Container, Volume } from '../../../src/kinds/pod.ts';
import { containerView } from '../../../src/pod/volumes/container-view.ts';
import { present } from '../../../src/present.ts';
import { podOf } from '../samples.ts';

type Mounts = NonNullable<Container['volumeMounts']>;
const volumes: Volume[] = [
  { name: 'v', emptyDir: {} },
  { name: 'conf', configMap: { name: 'c' } },
  {
    name: 'keys',
    secret: {
      secretName: 's',
      items: [
        { key: 'a', path: 'tls/a' },
        { key: 'b', path: 'b' },
      ],
    },
  },
];
const v = (mountPath: string, subPath?: string): Mounts[number] => ({
  name: 'v',
  mountPath,
  ...present({ subPath }),
});

function view(
  app: Mounts,
  {
    inits = [],
    beside = [],
    readOnly = false,
  }: {
    inits?: (Partial<Container> & { volumeMounts: Mounts })[];
    beside?: Mounts;
    readOnly?: boolean;
  } = {},
) {
  const container: Container = {
    name: 'app',
    volumeMounts: app,
    ...present({ securityContext: readOnly ? { readOnlyRootFilesystem: true } : undefined }),
  };
  const pod = podOf({
    volumes,
    initContainers: inits.map((init, index) => ({ name: `i${index}`, ...init })),
    containers: [container, { name: 'other', volumeMounts: beside }],
  });
  return {
    app: containerView(pod, container),
    of: (name: string) =>
      containerView(
        pod,
        [...(pod.spec.initContainers ?? []), ...pod.spec.containers].find(
          (one) => one.name === name,
        )!,
      ),
  };
}
const mounted = ({ mounts }: ReturnType<typeof containerView>) =>
  Object.fromEntries(mounts.map(({ path, key }) => [path, key]));

describe('an emptyDir', () => {
  it('is one volume where it is mounted whole, at paths from the root', () => {
    expect(mounted(view([v('data/')], { beside: [v('/x', '.')] }).app)).toEqual({ '/data': 'v' });
  });

  it('is as many volumes as parts where these are disjoint', () => {
    expect(mounted(view([v('/tmp', 'tmp-dir'), v('/etc/app', 'app/conf/')]).app)).toEqual({
      '/tmp': 'v_1_tmp-dir',
      '/etc/app': 'v_0_app_conf',
    });
  });

  it('shows its parts inside the whole, and inside parts above them, where these are mounted at the same time', () => {
    const { app, of } = view([v('/all'), v('/a', 'a')], { beside: [v('/b', 'a/b')] });
    expect(mounted(app)).toEqual({
      '/all': 'v',
      '/a': 'v_1_a',
      '/all/a': 'v_1_a',
      '/all/a/b': 'v_2_a_b',
      '/a/b': 'v_2_a_b',
    });
    expect(mounted(of('other'))).toEqual({ '/b': 'v_2_a_b' });
    expect(app.handedOver).toEqual([]);
  });

  it("moves what init containers left at a part's path when the first container of the part starts: before, no directory is there", () => {
    const { app, of } = view([v('/conf', 'conf')], {
      inits: [{ volumeMounts: [v('/emptydir')] }, { volumeMounts: [v('/again')] }],
      beside: [v('/c', 'conf')],
    });
    expect([mounted(of('i0')), mounted(of('i1')), mounted(app)]).toEqual([
      { '/emptydir': 'v' },
      { '/again': 'v' },
      { '/conf': 'v_1_conf' },
    ]);
    expect([of('i0').handedOver, app.handedOver, of('other').handedOver]).toEqual([
      [],
      ...Array(2).fill([{ from: 'v', path: 'conf', to: 'v_1_conf' }]),
    ]);
  });

  it('moves nothing from a sidecar, which goes on: the part is mounted inside', () => {
    const { app, of } = view([v('/conf', 'conf')], {
      inits: [{ restartPolicy: 'Always', volumeMounts: [v('/emptydir')] }],
    });
    expect([mounted(of('i0')), app.handedOver]).toEqual([
      { '/emptydir': 'v', '/emptydir/conf': 'v_1_conf' },
      [],
    ]);
  });

  it('links what may be a file that an init container makes', () => {
    const { app } = view(
      [v('/etc/app/server.properties', 'server.properties'), v('/data', 'data')],
      { inits: [{ volumeMounts: [v('/config')] }] },
    );
    expect(mounted(app)).toEqual({ '/.droppod/m/v': 'v', '/data': 'v_1_data' });
    expect(app.placings).toMatchObject([
      { at: '/etc/app/server.properties', base: '/.droppod/m/v', path: 'server.properties' },
    ]);
  });

  it.each([
    ['/etc/nginx', 'conf.d'],
    ['/.config', 'dir'],
    ['/data', 'app'],
  ])('takes %s from %s for a directory', (mountPath, subPath) => {
    expect(
      view([v(mountPath, subPath)], { inits: [{ volumeMounts: [v('/all')] }] }).app.placings,
    ).toEqual([]);
  });
});

describe('a volume of files', () => {
  it('gives single files, and directories as volumes with those files only: nothing else of a secret is in the container', () => {
    const { app } = view([
      { name: 'keys', mountPath: '/key', subPath: 'b' },
      { name: 'keys', mountPath: '/tls', subPath: 'tls' },
      { name: 'keys', mountPath: '/none', subPath: 'no' },
    ]);
    expect(mounted(app)).toEqual({ '/tls': 'keys_1_tls', '/none': 'keys_0_no' });
    expect(app.directories).toEqual([
      { from: 'keys', path: 'tls', to: 'keys_1_tls' },
      { from: 'keys', path: 'no', to: 'keys_0_no' },
    ]);
    expect(app.placings).toMatchObject([{ at: '/key', key: 'keys', path: 'b' }]);
  });

  it("under a read-only root: the file's directory is a copy of the image's with the file in it, once for all files of the directory", () => {
    const files: Mounts = ['a', 'b'].map((subPath) => ({
      name: 'conf',
      mountPath: `/etc/app/${subPath}`,
      subPath,
    }));
    const { app } = view([...files, v('/etc/app/run', 'run')], { readOnly: true });
    expect(app.seeds).toEqual([{ key: 'droppod-seed_app_0', path: '/etc/app', inside: ['run'] }]);
    expect(app.mounts.find(({ path }) => path === '/etc/app')).toMatchObject({
      key: 'droppod-seed_app_0',
      readOnly: true,
    });
    expect(app.placings.map(({ seed }) => seed)).toEqual([
      'droppod-seed_app_0',
      'droppod-seed_app_0',
    ]);
  });

  it('under a read-only root: a file in a writable volume, or below /dev, is put there', () => {
    const { app } = view(
      [
        v('/etc/app', 'conf'),
        { name: 'conf', mountPath: '/etc/app/a', subPath: 'a' },
        { name: 'conf', mountPath: '/dev/a', subPath: 'a' },
      ],
      { readOnly: true },
    );
    expect([app.seeds, app.impossible, app.placings.map(({ seed }) => seed)]).toEqual([
      [],
      [],
      [undefined, undefined],
    ]);
  });
});

it('F3: memory is a tmpfs of its own for each part that is mounted once', () => {
  const memory: Volume[] = [{ name: 'v', emptyDir: { medium: 'Memory' } }];
  const memories = (volumeMounts: Mounts) =>
    containerView(podOf({ volumes: memory, containers: [{ name: 'app', volumeMounts }] }), {
      name: 'app',
      volumeMounts,
    }).mounts.map((mount) => mount.memory);
  expect([
    memories([v('/a')]),
    memories([v('/a', 'a'), v('/b', 'b')]),
    memories([v('/a'), v('/b')]),
  ]).toEqual([[true], [true, true], [false, false]]);
});
