// The texts of a pod's Events (kubelet/events/event.go).
import { expect, it } from 'vitest';
import * as events from '../../../src/pod/events/pod-events.ts';
import { podOf } from '../samples.ts';

it.each<[events.PodEvent, string, string, string]>([
  [
    events.scheduled(podOf(), 'fargate'),
    'Normal',
    'Scheduled',
    'Successfully assigned default/web to fargate',
  ],
  [events.pulling('app', 'busybox'), 'Normal', 'Pulling', 'Pulling image "busybox"'],
  [
    events.pulled('app', 'busybox', 1234, 12345),
    'Normal',
    'Pulled',
    'Successfully pulled image "busybox" in 1.234s (1.234s including waiting). Image size: 12345 bytes.',
  ],
  [
    events.pulled('app', 'busybox', 62_500),
    'Normal',
    'Pulled',
    'Successfully pulled image "busybox" in 1m2.5s (1m2.5s including waiting). Image size: 0 bytes.',
  ],
  [
    events.alreadyPresent('app', 'busybox'),
    'Normal',
    'Pulled',
    'Container image "busybox" already present on machine and can be accessed by the pod',
  ],
  [events.created('app'), 'Normal', 'Created', 'Container created'],
  [events.started('app'), 'Normal', 'Started', 'Container started'],
  [events.failedToPull('app', 'no', 'err'), 'Warning', 'Failed', 'Failed to pull image "no": err'],
  [events.failed('app', 'ErrImagePull'), 'Warning', 'Failed', 'Error: ErrImagePull'],
  [events.backOffPulling('app', 'no'), 'Normal', 'BackOff', 'Back-off pulling image "no"'],
  [
    events.backOffRestarting(podOf(), 'app'),
    'Warning',
    'BackOff',
    'Back-off restarting failed container app in pod web_default(0e1f)',
  ],
  [
    events.failedMount('v', 'configmap "x" not found'),
    'Warning',
    'FailedMount',
    'MountVolume.SetUp failed for volume "v" : configmap "x" not found',
  ],
  [
    events.failedToRetrieveImagePullSecret(['a', 'b']),
    'Warning',
    'FailedToRetrieveImagePullSecret',
    'Unable to retrieve some image pull secrets (a, b); attempting to pull the image may not succeed.',
  ],
])('%#: $reason', (event, type, reason, message) =>
  expect(event).toMatchObject({ type, reason, message }),
);

it('the scheduler cuts its texts at 1024 characters', () => {
  expect(events.failedScheduling('x'.repeat(2000)).message).toMatch(/^x{1020} \.\.\.$/);
});
