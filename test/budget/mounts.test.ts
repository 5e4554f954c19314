// The time for what containers see of volumes grows linearly with their mounts, far beyond what a pod may have.
import { expect, it } from 'vitest';
import type { Pod } from '../../src/kinds/pod.ts';
import { nestedMountPoints } from '../../src/pod/volumes/nested-mounts.ts';
import { seedersOf } from '../../src/pod/volumes/seeders.ts';
import { preparedVolumes } from '../../src/pod/volumes/mounted-volumes.ts';
import { madeMountPoints, mountPoints } from '../../src/fargate/mount-points.ts';
import { present } from '../../src/present.ts';
import { pod } from '../api/client.ts';
import { growthProblem } from './work.ts';

const LONGEST_MS = 120_000;
const list = <T>(n: number, make: (index: number) => T): T[] =>
  Array.from({ length: n }, (_, index) => make(index));
const container = (fields: object) => ({ name: 'c', image: 'i', ...fields });

const PODS: [string, (n: number) => object][] = [
  [
    'mounts below mounts',
    (n) =>
      pod('a', {
        volumes: [{ name: 'v', emptyDir: {} }],
        containers: [
          container({
            volumeMounts: list(n, (i) => ({
              name: 'v',
              mountPath: `/m${'/x'.repeat(i % 50)}${i}`,
            })),
          }),
        ],
      }),
  ],
  [
    'parts of one volume',
    (n) =>
      pod('a', {
        volumes: [{ name: 'v', emptyDir: {} }],
        containers: [
          container({
            volumeMounts: list(n, (i) => ({ name: 'v', mountPath: `/m/${i}`, subPath: `s${i}` })),
          }),
        ],
      }),
  ],
  [
    'parts of a volume of memory that is mounted whole as well',
    (n) =>
      pod('a', {
        volumes: [{ name: 'v', emptyDir: { medium: 'Memory' } }],
        containers: [
          container({
            volumeMounts: list(n, (i) => ({
              name: 'v',
              mountPath: `/m/${i}`,
              ...present({ subPath: i === 0 ? undefined : `s${i}` }),
            })),
          }),
        ],
      }),
  ],
  [
    'parts by expressions',
    (n) =>
      pod('a', {
        volumes: [{ name: 'v', emptyDir: {} }],
        containers: [
          container({
            env: list(n, (i) => ({ name: `E${i}`, value: 'x' })),
            volumeMounts: list(n, (i) => ({
              name: 'v',
              mountPath: `/m/${i}`,
              subPathExpr: `s$(E${i})`,
            })),
          }),
        ],
      }),
  ],
  [
    'single files under a read-only root',
    (n) =>
      pod('a', {
        volumes: [{ name: 'v', configMap: { name: 'x' } }],
        containers: [
          container({
            securityContext: { readOnlyRootFilesystem: true },
            volumeMounts: list(n, (i) => ({ name: 'v', mountPath: `/m${i}/f`, subPath: `s${i}` })),
          }),
        ],
      }),
  ],
  [
    'directories of a configMap',
    (n) =>
      pod('a', {
        volumes: [
          {
            name: 'v',
            configMap: { name: 'x', items: list(n, (i) => ({ key: `k${i}`, path: `d${i}/f` })) },
          },
        ],
        containers: [
          container({
            volumeMounts: list(n, (i) => ({ name: 'v', mountPath: `/m/${i}`, subPath: `d${i}` })),
          }),
        ],
      }),
  ],
  [
    'volumes in read-only ones',
    (n) =>
      pod('a', {
        volumes: list(n, (i) => ({ name: `v${i}`, emptyDir: {} })),
        containers: [
          container({
            volumeMounts: list(n, (i) => ({
              name: `v${i}`,
              mountPath: `/m${Math.floor(i / 2)}${'/x'.repeat(i % 2)}`,
              readOnly: true,
            })),
          }),
        ],
      }),
  ],
  [
    'volumes of containers',
    (n) =>
      pod('a', {
        volumes: list(n, (i) => ({ name: `v${i}`, emptyDir: { medium: 'Memory' } })),
        containers: list(n, (i) => ({
          name: `c${i}`,
          image: `i${i}`,
          volumeMounts: [{ name: `v${i}`, mountPath: '/m' }],
        })),
      }),
  ],
];

it.each(PODS)(
  '%s: their work grows as they do',
  async (_name, make) => {
    const problem = await growthProblem(
      1_000,
      (n) => JSON.stringify(make(n)),
      (text) => {
        const made = JSON.parse(text) as Pod;
        const volumes = [...preparedVolumes(made), ...seedersOf(made).map(({ name }) => name)];
        for (const volume of volumes) nestedMountPoints(made, volume);
        for (const one of made.spec.containers) mountPoints(made, one);
        return madeMountPoints(made, made.spec.containers);
      },
    );
    expect(problem).toBeUndefined();
  },
  LONGEST_MS,
);
