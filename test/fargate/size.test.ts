// M1: requests become the smallest Fargate size that holds them and the podlet.
import { expect, it } from 'vitest';
import type { PodSpec } from '../../src/kinds/pod.ts';
import { podSize, sizeText } from '../../src/fargate/size.ts';
import { podOf } from '../pod/samples.ts';

const asks = (cpu: string, memory: string, more: object = {}) => ({
  name: `c-${cpu}-${memory}`.toLowerCase(),
  resources: { requests: { cpu, memory } },
  ...more,
});

it.each<[string, Partial<PodSpec>, number, number]>([
  ['nothing asked for: the smallest', {}, 256, 512],
  ['the podlet counts: 448 MiB still fit', { containers: [asks('100m', '448Mi')] }, 256, 512],
  ['449 MiB do not', { containers: [asks('100m', '449Mi')] }, 256, 1024],
  [
    'containers are summed',
    { containers: [asks('200m', '100Mi'), asks('201m', '100Mi')] },
    512,
    1024,
  ],
  [
    'the largest init container counts, not their sum',
    {
      initContainers: [asks('1', '100Mi'), asks('900m', '10Mi')],
      containers: [asks('100m', '10Mi')],
    },
    1024,
    2048,
  ],
  [
    'sidecars count with the containers',
    {
      initContainers: [asks('500m', '1Gi', { restartPolicy: 'Always' })],
      containers: [asks('500m', '10Mi')],
    },
    1024,
    2048,
  ],
  ['memory pulls cpu up', { containers: [asks('250m', '4Gi')] }, 1024, 5120],
  ['steps of 4 GiB', { containers: [asks('8', '17Gi')] }, 8192, 20480],
  ['32 vCPU', { containers: [asks('32', '100Gi')] }, 32768, 122880],
  [
    'a pod-level request wins',
    { resources: { requests: { cpu: '2', memory: '1Gi' } } },
    2048,
    4096,
  ],
])('%s', (_rule, spec, cpuUnits, memoryMiB) => {
  expect(podSize(podOf(spec))).toMatchObject({ size: { cpuUnits, memoryMiB } });
});

it.each<[string, Partial<PodSpec>, string[]]>([
  ['33 cores', { containers: [asks('33', '1Gi')] }, ['cpu']],
  ['250 GiB', { containers: [asks('1', '250Gi')] }, ['memory']],
  [
    '201 GiB of disk',
    { containers: [{ name: 'a', resources: { requests: { 'ephemeral-storage': '201Gi' } } }] },
    ['ephemeral-storage'],
  ],
])('%s fit nowhere', (_rule, spec, tooBig) => expect(podSize(podOf(spec))).toEqual({ tooBig }));

it('quotes the surplus', () => {
  expect(podSize(podOf({ containers: [asks('500m', '448Mi')] }))).toMatchObject({
    size: { surplus: { cpuUnits: 0, memoryMiB: 512 } },
  });
});

it('M1, M2: says the size in words, with what is not used of it', () => {
  expect(sizeText(podOf({ containers: [asks('500m', '448Mi')] }))).toBe(
    '0.5 vCPU, 1024 MiB (podlet 64 MiB; not asked for: 0 vCPU, 512 MiB)',
  );
});
