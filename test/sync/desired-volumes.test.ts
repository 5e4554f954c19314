// Volumes as files (volume/util/atomic_writer.go): content, modes, missing sources.
import { describe, expect, it } from 'vitest';
import type { PodSpec, Volume } from '../../src/kinds/pod.ts';
import type { VolumeContext } from '../../src/pod/volumes/volume-files.ts';
import { desiredVolumes } from '../../src/sync/desired-volumes.ts';
import { referencedObjects } from '../../src/sync/referenced-objects.ts';
import { podOf } from '../pod/samples.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const context: VolumeContext = {
  configMap: (name) =>
    name === 'conf'
      ? { data: { a: '1', b: '2' }, binaryData: { raw: base64('\u0000') } }
      : undefined,
  secret: (name) => (name === 'keys' ? { data: { token: base64('s') } } : undefined),
  token: () => 'jwt',
  podIP: '10.0.0.5',
  hostIP: '192.0.2.10',
  nodeName: 'fargate',
};
const one = (volume: Omit<Volume, 'name'>, spec: Partial<PodSpec> = {}, metadata = {}) =>
  desiredVolumes(
    podOf(
      {
        ...spec,
        containers: (spec.containers ?? [{ name: 'app' }]).map((container) => ({
          volumeMounts: [{ name: 'v', mountPath: '/v' }],
          ...container,
        })),
        volumes: [
          { name: 'v', ...volume },
          { name: 'other', emptyDir: {} },
        ],
      },
      metadata,
    ),
    context,
  )['v'];
const paths = (volume: Omit<Volume, 'name'>) =>
  one(volume)?.files?.map(({ path, mode }) => [path, mode]);

describe('desiredVolumes', () => {
  it('F1: volumes that nobody mounts are not asked for', () => {
    const volumes = [
      { name: 'v', configMap: { name: 'no' } },
      { name: 'w', secret: { secretName: 'no' } },
      { name: 'x', emptyDir: {} },
    ];
    expect(desiredVolumes(podOf({ volumes }), context)).toEqual({});
    expect(
      Object.keys(
        desiredVolumes(
          podOf({
            volumes,
            ephemeralContainers: [
              { name: 'debug', volumeMounts: [{ name: 'x', mountPath: '/x' }] },
            ],
          }),
          context,
        ),
      ),
    ).toEqual(['x']);
  });
  it('F2: a part of an emptyDir is a volume of its own under the one limit', () => {
    const containers = [
      {
        name: 'app',
        volumeMounts: [
          { name: 'v', mountPath: '/a', subPath: 'a' },
          { name: 'v', mountPath: '/b', subPath: 'b/c/' },
        ],
      },
    ];
    const volumes = [{ name: 'v', emptyDir: { sizeLimit: '1Mi' } }];
    const parts = desiredVolumes(
      podOf({ volumes, containers, securityContext: { fsGroup: 9 } }),
      context,
    );
    expect(Object.keys(parts)).toEqual(['v_0_a', 'v_1_b_c']);
    for (const part of Object.values(parts))
      expect(part).toMatchObject({
        emptyDir: true,
        partOf: 'v',
        fsGroup: 9,
        sizeLimit: { text: '1Mi' },
      });
  });
  it('every key of a configMap is a file, 0644', () => {
    expect(paths({ configMap: { name: 'conf' } })).toEqual([
      ['a', 420],
      ['b', 420],
      ['raw', 420],
    ]);
  });
  it('items choose keys, paths and modes', () => {
    expect(
      paths({
        configMap: {
          name: 'conf',
          defaultMode: 0o600,
          items: [
            { key: 'a', path: 'x/y', mode: 0o400 },
            { key: 'b', path: 'z' },
          ],
        },
      }),
    ).toEqual([
      ['x/y', 0o400],
      ['z', 0o600],
    ]);
  });
  it.each<[string, Omit<Volume, 'name'>, string]>([
    ['configMap', { configMap: { name: 'no' } }, 'configmap "no" not found'],
    ['secret', { secret: { secretName: 'no' } }, 'secret "no" not found'],
    [
      'configMap key',
      { configMap: { name: 'conf', items: [{ key: 'z', path: 'z' }] } },
      'configmap references non-existent config key: z',
    ],
    [
      'secret key',
      { secret: { secretName: 'keys', items: [{ key: 'z', path: 'z' }] } },
      'references non-existent secret key: z',
    ],
  ])('a missing %s stops the pod', (_what, volume, missing) =>
    expect(one(volume)).toMatchObject({ missing }),
  );
  it('an optional one is an empty directory', () => {
    expect(one({ secret: { secretName: 'no', optional: true } })?.files).toEqual([]);
    expect(
      one({ configMap: { name: 'conf', optional: true, items: [{ key: 'z', path: 'z' }] } })?.files,
    ).toEqual([]);
  });
  it('downwardAPI: labels as sorted, quoted lines; resources in units of the divisor', () => {
    const items = [
      { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
      {
        path: 'memory',
        resourceFieldRef: { containerName: 'app', resource: 'limits.memory', divisor: '1Mi' },
      },
    ];
    const containers = [{ name: 'app', resources: { limits: { memory: '64Mi' } } }];
    const files = one(
      { downwardAPI: { items } },
      { containers },
      { labels: { z: 'a"b', app: 'web' } },
    )?.files;
    expect(files?.map((file) => Buffer.from(file.base64, 'base64').toString())).toEqual([
      'app="web"\nz="a\\"b"',
      '64',
    ]);
  });
  it('projected: the later source wins', () => {
    const sources = [
      { configMap: { name: 'conf' } },
      { secret: { name: 'keys', items: [{ key: 'token', path: 'a' }] } },
    ];
    const file = one({ projected: { sources } })?.files?.find(({ path }) => path === 'a');
    expect(file?.base64).toBe(base64('s'));
  });
  it.each<[string, Partial<PodSpec>, object]>([
    ['0644 by default', {}, { mode: 0o644 }],
    [
      '0600 for the one user of all containers',
      { securityContext: { runAsUser: 7 } },
      { mode: 0o600, uid: 7 },
    ],
    [
      '0640 with fsGroup',
      { securityContext: { runAsUser: 7, fsGroup: 9 } },
      { mode: 0o640, uid: 7 },
    ],
  ])('a token file is %s', (_rule, spec, file) => {
    expect(
      one({ projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } }, spec)
        ?.files?.[0],
    ).toMatchObject(file);
  });
  it('emptyDir: size limit and group; equal content has an equal version', () => {
    const volume = { emptyDir: { sizeLimit: '10Mi' } };
    expect(one(volume, { securityContext: { fsGroup: 9 } })).toMatchObject({
      emptyDir: true,
      fsGroup: 9,
      sizeLimit: { bytes: 10_485_760, text: '10Mi' },
    });
    expect(one({ emptyDir: { sizeLimit: '1000k' } })).toMatchObject({
      sizeLimit: { bytes: 1_000_000, text: '1M' },
    });
    expect(one(volume)?.version).toBe(one(volume)?.version);
    expect(one(volume)?.version).not.toBe(one({ emptyDir: {} })?.version);
  });
});

it.each([
  ['F2: another volume inside', '/data', '/data/conf/', ['conf']],
  [
    'the token volume below /run where /var/run is a link to it',
    '/run',
    '/var/run/secrets/kubernetes.io/serviceaccount',
    ['secrets/kubernetes.io/serviceaccount'],
  ],
  ['the files that an engine mounts', '/etc', '/elsewhere', ['hosts', 'hostname', 'resolv.conf']],
  ['nothing beside', '/data', '/data2', undefined],
])('an emptyDir keeps the mount points of %s', (_what, mountPath, other, keep) => {
  const volumeMounts = [
    { name: 'v', mountPath },
    { name: 'other', mountPath: other },
  ];
  expect(
    one({ emptyDir: {} }, { containers: [{ name: 'app', volumeMounts }] })?.keep?.sort(),
  ).toEqual(keep?.sort());
});

it('F1: what a node keeps in memory has the sticky bit: all files but those of configMaps', () => {
  const kinds = [
    { configMap: { name: 'conf' } },
    { secret: { secretName: 'keys' } },
    { projected: { sources: [] } },
    { downwardAPI: {} },
    { emptyDir: {} },
  ];
  expect(kinds.map((kind) => one(kind)?.sticky)).toEqual([undefined, true, true, true, undefined]);
});

it('H3: labels and annotations in files are quoted as Go quotes them', () => {
  const files = one(
    { downwardAPI: { items: [{ path: 'a', fieldRef: { fieldPath: 'metadata.annotations' } }] } },
    {},
    { annotations: { k: 'tab\t bell\x07 nul\0 del\x7f \u00a0 \u2028 \\ "é" 😀 <&>' } },
  )?.files;
  expect(Buffer.from(files?.[0]?.base64 ?? '', 'base64').toString()).toBe(
    'k="tab\\t bell\\a nul\\x00 del\\x7f \\u00a0 \\u2028 \\\\ \\"é\\" 😀 <&>"',
  );
});

it('referencedObjects names what containers and volumes refer to, once', () => {
  const pod = podOf({
    containers: [
      {
        name: 'app',
        envFrom: [{ configMapRef: { name: 'a' } }],
        env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }],
        volumeMounts: [
          { name: 'v', mountPath: '/v' },
          { name: 'w', mountPath: '/w' },
        ],
      },
    ],
    volumes: [
      { name: 'unused', configMap: { name: 'nobody-mounts-me' } },
      { name: 'v', configMap: { name: 'a' } },
      {
        name: 'w',
        projected: { sources: [{ secret: { name: 't' } }, { configMap: { name: 'b' } }] },
      },
    ],
  });
  expect(referencedObjects(pod)).toEqual({ configMaps: ['a', 'b'], secrets: ['s', 't'] });
});
