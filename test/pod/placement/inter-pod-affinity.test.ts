// O1: affinity between pods, as kube-scheduler's InterPodAffinity filters and scores; a host name is a domain of one pod.
import { describe, expect, it } from 'vitest';
import { hostWarnings } from '../../../src/fargate/host-warnings.ts';
import type { Pod, PodSpec } from '../../../src/kinds/pod.ts';
import {
  bearsOnOthers,
  dependsOnOthers,
  mayBeMeantBy,
} from '../../../src/pod/placement/affinity-terms.ts';
import { schedule } from '../../../src/pod/placement/schedule.ts';
import { podOf } from '../samples.ts';
import {
  apart,
  around,
  bound,
  HOST,
  liking,
  near,
  node,
  place,
  REGION,
  term,
  ZONE,
} from './cluster.ts';

const NEAR = "2 node(s) didn't match pod affinity rules";
const APART = "2 node(s) didn't match pod anti-affinity rules";
const EXISTING = "2 node(s) didn't satisfy existing pods anti-affinity rules";
const ended = (pod: Pod): Pod => ({ ...pod, status: { phase: 'Succeeded' } });

describe('O1: required affinity', () => {
  it.each<[string, Partial<PodSpec>, Pod[], string]>([
    ['goes to the zone of the pod it asks for', near(term('db')), [bound('b', 'db')], 'b'],
    ['has no place where no such pod is', near(term('db')), [], NEAR],
    ['does not count a pod without a node', near(term('db')), [bound('', 'db')], NEAR],
    ['does not count a pod on a node that is gone', near(term('db')), [bound('gone', 'db')], NEAR],
    ['does not count a pod that has ended', near(term('db')), [ended(bound('b', 'db'))], NEAR],
    [
      'does not count pods of other namespaces',
      near(term('db')),
      [bound('b', 'db', {}, { namespace: 'other' })],
      NEAR,
    ],
    [
      'counts those of a namespace that it names',
      near(term('db', ZONE, { namespaces: ['other'] })),
      [bound('b', 'db', {}, { namespace: 'other' })],
      'b',
    ],
    [
      'which leaves its own out',
      near(term('db', ZONE, { namespaces: ['other'] })),
      [bound('b', 'db')],
      NEAR,
    ],
    [
      'counts those of namespaces with a label',
      near(term('db', ZONE, { namespaceSelector: { matchLabels: { team: 'x' } } })),
      [bound('b', 'db', {}, { namespace: 'other' })],
      'b',
    ],
    [
      'and of all namespaces for an empty selector',
      near(term('db', ZONE, { namespaceSelector: {} })),
      [bound('b', 'db', {}, { namespace: 'any' })],
      'b',
    ],
    [
      'without a selector of labels means nobody',
      near({ topologyKey: ZONE }),
      [bound('b', 'db')],
      NEAR,
    ],
    [
      'all terms must be met by one and the same pod',
      near(term('db'), term('cache')),
      [bound('a', 'db'), bound('a', 'cache')],
      NEAR,
    ],
    ['the first of a group that means itself may go anywhere', near(term('web')), [], 'a'],
    ['the second goes where the first is', near(term('web')), [bound('b', 'web')], 'b'],
    [
      'another pod of its region is near by region',
      near(term('db', REGION)),
      [bound('b', 'db')],
      'a',
    ],
    ["another pod's host is never shared", near(term('db', HOST)), [bound('a', 'db')], NEAR],
    ['the first of a group by host may start', near(term('web', HOST)), [], 'a'],
    ['the second of a group by host may not', near(term('web', HOST)), [bound('a', 'web')], NEAR],
  ])('%s', (_rule, spec, pods, expected) => {
    expect(
      place(
        spec,
        around(pods, undefined, [{ metadata: { name: 'other', labels: { team: 'x' } } }]),
      ),
    ).toBe(expected);
  });

  it('needs the label on the node, for the first of a group as well', () => {
    expect(place(near(term('web')), around([], [node('a'), node('b', 'zb')]))).toBe('b');
    expect(place(near(term('web')), around([], [node('a')]))).toBe(
      "1 node(s) didn't match pod affinity rules",
    );
  });
});

describe('O1: required anti-affinity', () => {
  it.each<[string, Partial<PodSpec>, Pod[], string]>([
    ['keeps out of the zone', apart(term('web')), [bound('a', 'web')], 'b'],
    [
      'has no place when all zones are taken',
      apart(term('web')),
      [bound('a', 'web'), bound('b', 'web')],
      APART,
    ],
    [
      'each term counts by itself',
      apart(term('db'), term('web')),
      [bound('a', 'db'), bound('b', 'web')],
      APART,
    ],
    [
      'a node without the label is in no domain',
      apart(term('web', 'rack')),
      [bound('a', 'web')],
      'a',
    ],
    [
      'over host names it always holds',
      apart(term('web', HOST)),
      [bound('a', 'web'), bound('b', 'web')],
      'a',
    ],
    [
      'a pod that ends still counts',
      apart(term('web')),
      [bound('a', 'web', {}, { deletionTimestamp: '2026-11-21T08:00:00Z' })],
      'b',
    ],
    ['of a pod that is there keeps others away', {}, [bound('a', 'db', apart(term('web')))], 'b'],
    [
      'of pods that are there may leave no place',
      {},
      [bound('a', 'db', apart(term('web', REGION)))],
      EXISTING,
    ],
    [
      'of a pod that is there over host names means nothing',
      {},
      [bound('a', 'db', apart(term('web', HOST)))],
      'a',
    ],
    [
      'of a pod without a node means nothing',
      {},
      [bound('', 'db', apart(term('web', REGION)))],
      'a',
    ],
    [
      'of a pod of another namespace means its own',
      {},
      [bound('a', 'db', apart(term('web', REGION)), { namespace: 'other' })],
      'a',
    ],
  ])('%s', (_rule, spec, pods, expected) => expect(place(spec, around(pods))).toBe(expected));

  it('comes after affinity, and says that nothing is preempted', () => {
    const spec = { affinity: { ...near(term('db')).affinity, ...apart(term('web')).affinity } };
    const placement = schedule(
      podOf(spec, { uid: 'new', labels: { app: 'web' } }),
      around([bound('a', 'db'), bound('a', 'web')]),
    );
    expect(placement).toEqual({
      byPods: true,
      unschedulable:
        "0/2 nodes are available: 1 node(s) didn't match pod affinity rules, 1 node(s) didn't match pod anti-affinity rules. no new claims to deallocate, " +
        'preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.',
    });
  });
});

describe('O1: preferred affinity', () => {
  it.each<[string, Partial<PodSpec>, Pod[], string]>([
    ['goes near', liking('podAffinity', 10, term('db')), [bound('b', 'db')], 'b'],
    ['goes apart', liking('podAntiAffinity', 10, term('db')), [bound('a', 'db')], 'b'],
    [
      'is no demand',
      liking('podAntiAffinity', 10, term('db')),
      [bound('a', 'db'), bound('b', 'db')],
      'a',
    ],
    [
      'of pods that are there draws others',
      {},
      [bound('b', 'db', liking('podAffinity', 1, term('web')))],
      'b',
    ],
    [
      'of pods that are there repels others',
      {},
      [bound('a', 'db', liking('podAntiAffinity', 1, term('web')))],
      'b',
    ],
    [
      'a required one of pods that are there draws, too',
      {},
      [bound('b', 'db', near(term('web')))],
      'b',
    ],
    [
      'over host names changes nothing',
      liking('podAffinity', 100, term('db', HOST)),
      [bound('b', 'db')],
      'a',
    ],
  ])('%s', (_rule, spec, pods, expected) => expect(place(spec, around(pods))).toBe(expected));
});

describe('which pods need a look at others', () => {
  it.each<[string, Partial<PodSpec>, boolean, boolean]>([
    ['a plain pod', {}, false, false],
    ['anti-affinity over host names', apart(term('web', HOST)), false, false],
    [
      'preferred affinity over host names',
      liking('podAffinity', 1, term('web', HOST)),
      false,
      false,
    ],
    [
      'spread over host names',
      {
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey: HOST, whenUnsatisfiable: 'DoNotSchedule' },
        ],
      },
      false,
      false,
    ],
    ['affinity to a host', near(term('web', HOST)), true, false],
    [
      'spread over zones',
      {
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey: ZONE, whenUnsatisfiable: 'ScheduleAnyway' },
        ],
      },
      true,
      false,
    ],
    ['anti-affinity over zones', apart(term('web')), true, true],
    ['preferred affinity over zones', liking('podAffinity', 1, term('web')), true, true],
  ])('%s', (_what, spec, own, others) =>
    expect([dependsOnOthers(podOf(spec)), bearsOnOthers(podOf(spec))]).toEqual([own, others]),
  );

  it('terms of others mean a pod by its labels and namespace', () => {
    const web = bound('', 'web');
    expect([
      mayBeMeantBy(web, bound('a', 'db', apart(term('web')))),
      mayBeMeantBy(web, bound('a', 'db', apart(term('api')))),
    ]).toEqual([true, false]);
    expect(mayBeMeantBy(web, bound('a', 'db', apart(term('web')), { namespace: 'other' }))).toBe(
      false,
    );
    expect(
      mayBeMeantBy(
        web,
        bound(
          'a',
          'db',
          apart(term('web', ZONE, { namespaceSelector: { matchLabels: { x: 'y' } } })),
          { namespace: 'other' },
        ),
      ),
    ).toBe(true);
  });

  it("R10: affinity to another pod's host is warned of", () => {
    expect(hostWarnings(podOf(near(term('db'), term('db', HOST))))).toEqual([
      "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[1].topologyKey: kubernetes.io/hostname cannot be met by another pod's host, since a Fargate task is never shared by two pods: the pod stays Pending while another pod matches",
    ]);
    expect(hostWarnings(podOf(apart(term('db', HOST))))).toEqual([]);
  });
});
