// A port that is loaded by its first call.
import { expect, it } from 'vitest';
import { latePort } from '../../src/aws/late/late-port.ts';

interface Rule {
  on(name: string): Promise<string>;
  off(): Promise<void>;
}

const rule: Rule = { on: (name) => Promise.resolve(`${name} is on`), off: () => Promise.resolve() };

it('loads at the first call and once', async () => {
  let loads = 0;
  const late = latePort<Rule>(() => Promise.resolve((loads++, rule)), ['on', 'off']);
  expect(loads).toBe(0);
  expect(await Promise.all([late.on('sweep'), late.off()])).toEqual(['sweep is on', undefined]);
  expect(loads).toBe(1);
});

it('a load that failed is tried again', async () => {
  const answers = [Promise.reject(new Error('no such part')), Promise.resolve(rule)];
  const late = latePort<Rule>(() => answers.shift()!, ['on', 'off']);
  await expect(late.on('sweep')).rejects.toThrow('no such part');
  expect(await late.on('sweep')).toBe('sweep is on');
});
