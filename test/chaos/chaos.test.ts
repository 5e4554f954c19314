// A short chaos run with a fixed seed; `npm run chaos` is the long one.
import { expect, it } from 'vitest';
import { ordeal } from './ordeal.ts';

it('C9: pods of all kinds come to what their specs and exits imply, whatever is killed, cut off or restarted, and leave nothing', async () => {
  const lines: string[] = [];
  const { problems, runs } = await ordeal({
    seed: 7,
    pods: 15,
    wave: 15,
    troubledMs: 20_000,
    restMs: 150_000,
    blows: [
      'killContainer',
      'killPodlet',
      'restart',
      'crashPodlet',
      'removeContainer',
      'pausePodlet',
    ],
    log: (line) => lines.push(line),
  });
  expect(problems, lines.join('\n')).toEqual([]);
  // The containers could report: otherwise their silence would count as correct.
  expect(runs).toBeGreaterThan(15);
}, 420_000);
