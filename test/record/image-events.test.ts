// Image events that Bind kept, when it binds a second time before there is a task.
import { expect, it } from 'vitest';
import { alreadyPresent } from '../../src/pod/events/pod-events.ts';
import { withImages } from '../../src/record/binding.ts';
import type { PodRecord } from '../../src/record/record.ts';
import { recordOf } from './samples.ts';

const record = recordOf({ generation: { number: 1, runs: 0 } });
const event = alreadyPresent('a', 'busybox');
const bound = (before: PodRecord, unsaid: (typeof event)[]): PodRecord =>
  withImages(before, { images: {}, unsaid }, 'definition', 'nonce');

it('F1: the later look at the images counts alone', () => {
  const kept = bound(record, [event]);
  expect(kept.task.imageEvents).toEqual([event]);
  expect(bound(kept, [event]).task.imageEvents).toEqual([event]);
  expect(bound(kept, []).task).not.toHaveProperty('imageEvents');
});
