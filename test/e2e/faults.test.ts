// A fault that a podlet reports fails the test that the pod belongs to, unless the test provokes it.
import { expect, it } from 'vitest';
import { podletFaults } from '../podlet/pod.ts';
import { faultEventsIn, testDroppod } from './droppod.ts';

it("a podlet's fault in any namespace fails the purge, which purges all the same", async () => {
  const dp = testDroppod();
  expect((await dp.up()).code).toBe(0);
  const event = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'p.1', namespace: 'kube-public' },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace: 'kube-public', name: 'p' },
    type: 'Warning',
    reason: 'PodletFault',
    message: 'unhandled: of nobody',
  };
  expect(await dp.kIn(JSON.stringify(event), 'create', '-f', '-')).toMatchObject({
    code: 0,
    stderr: '',
  });
  await expect(dp.purge()).rejects.toThrow(
    'podlets met what nobody owns:\nkube-public/p: unhandled: of nobody',
  );
  expect((await dp.k('get', 'pods')).code).not.toBe(0);
});

it("finds faults in a podlet's log and in events, and none where there are none", () => {
  expect(
    podletFaults('hello\npodlet: fault: unhandled: x\nError: x\n    at main.ts:1:1\nbye\n'),
  ).toEqual(['podlet: fault: unhandled: x']);
  expect(podletFaults('podlet: TERM\n')).toEqual([]);
  expect(faultEventsIn('')).toEqual([]);
  expect(faultEventsIn('{"items":[]}')).toEqual([]);
});
