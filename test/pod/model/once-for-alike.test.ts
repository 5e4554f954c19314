// What is said of pods that differ by their names alone is looked for once (src/pod/model/once-for-alike.ts).
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/kinds/pod.ts';
import { onceForAlike } from '../../../src/pod/model/once-for-alike.ts';
import { validatePod } from '../../../src/pod/validation/validate-pod.ts';
import { podWarnings } from '../../../src/refusals/warnings.ts';
import { podOf } from '../samples.ts';

const named = (
  name: string,
  spec: Partial<Pod['spec']> = {},
  metadata: Pod['metadata'] = {},
): Pod => podOf(spec, { ...metadata, name });

/** A judge that counts, and finds fault with images that are called bad. */
function counted(): { judge(pod: Pod): string[]; asked: Pod[] } {
  const asked: Pod[] = [];
  const judge = onceForAlike((seen) => {
    asked.push(seen);
    return seen.spec.containers.flatMap(({ image }) => (image === 'bad' ? ['bad'] : []));
  });
  return { judge, asked };
}

const tokenVolume = (suffix: string): Partial<Pod['spec']> => ({
  containers: [
    {
      name: 'app',
      image: 'busybox',
      volumeMounts: [{ name: `kube-api-access-${suffix}`, mountPath: '/token' }],
    },
  ],
  volumes: [{ name: `kube-api-access-${suffix}`, projected: { sources: [] } }],
});

describe('pods that are alike', () => {
  it('differ by their names, and by the random name of the volume that admission adds', () => {
    const { judge, asked } = counted();
    expect(judge(named('one', tokenVolume('abcde')))).toEqual([]);
    expect(judge(named('two', tokenVolume('fghij')))).toEqual([]);
    expect(asked).toHaveLength(1);
  });

  it.each([
    ['labels', {}, { labels: { a: 'b' } }],
    ['annotations', {}, { annotations: { a: 'b' } }],
    ['spec', { hostname: 'other' }, {}],
  ])('have the same %s', (_what, spec, metadata) => {
    const { judge, asked } = counted();
    judge(named('one'));
    judge(named('two', spec, metadata));
    expect(asked).toHaveLength(2);
  });

  it('have the same texts elsewhere, whatever their token volumes are called', () => {
    const { judge, asked } = counted();
    const hostname = 'kube-api-access-abcde';
    judge(named('one', { ...tokenVolume('abcde'), hostname }));
    judge(named('two', { ...tokenVolume('fghij'), hostname }));
    expect(asked).toHaveLength(2);
  });

  it('have the same name where their claims are named by it', () => {
    const { judge, asked } = counted();
    const spec = { volumes: [{ name: 'scratch', ephemeral: {} }] };
    judge(named('one', spec));
    judge(named('two', spec));
    expect(asked.map(({ metadata }) => metadata.name)).toEqual(['one', 'two']);
  });

  it('are judged without anything that they need not share', () => {
    const { judge, asked } = counted();
    judge(named('one', {}, { labels: { a: 'b' }, uid: 'u' }));
    expect(asked[0]?.metadata).toEqual({ labels: { a: 'b' } });
  });
});

it('a fault is found each time', () => {
  const { judge } = counted();
  const bad = { containers: [{ name: 'app', image: 'bad' }] };
  expect(judge(named('one', bad))).toEqual(['bad']);
  expect(judge(named('two', bad))).toEqual(['bad']);
});

it('pods of one template in turn with pods that lack something are judged each by itself', () => {
  const good = { containers: [{ name: 'app', image: 'busybox' }] };
  const bad = { containers: [{ name: 'APP', image: 'busybox' }] };
  const judged = [good, bad, good, bad].map(
    (spec, index) =>
      validatePod(named(`p${index}`, spec)).filter(({ field }) => field.endsWith('name')).length,
  );
  expect(judged).toEqual([0, 1, 0, 1]);
});

it('the name itself is looked at for each', () => {
  expect(podWarnings(named('one'))).toEqual([]);
  expect(podWarnings(named('one.two'))).toHaveLength(1);
  expect(validatePod(named('One')).map(({ field }) => field)).toContain('metadata.name');
});
