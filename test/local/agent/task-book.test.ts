// The book of tasks on a store that is full for a while: nothing is lost, and everything is stored in order.
import { expect, it } from 'vitest';
import type { KeyValue } from '../../../local/agent/key-value.ts';
import { TaskBook } from '../../../local/agent/task-book.ts';
import type { Task } from '../../../local/agent/task.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

function fullStore() {
  const stored = new Map<string, string>();
  const state = { full: false, tries: 0 };
  const store: KeyValue = {
    list: (prefix) => Promise.resolve([...stored].filter(([key]) => key.startsWith(prefix))),
    write: (changes) => {
      state.tries++;
      if (state.full) return Promise.reject(new Error('no space is left'));
      for (const [key, value] of Object.entries(changes))
        if (value === null) stored.delete(key);
        else stored.set(key, value);
      return Promise.resolve();
    },
  };
  return { store, stored, state };
}

it('a change that could not be stored is stored once there is room, and published then; later ones wait for it', async () => {
  const clock = new VirtualClock();
  const { store, stored, state } = fullStore();
  const published: string[] = [];
  const lines: string[] = [];
  const book = new TaskBook({
    store,
    clock,
    onChange: ({ lastStatus }) => void published.push(lastStatus),
    log: (line) => void lines.push(line),
  });
  const task = { id: 't', taskArn: 'arn', version: 1, lastStatus: 'PENDING' } as unknown as Task;
  await book.add([task]);
  state.full = true;
  const first = book.update(task, (t) => {
    t.lastStatus = 'RUNNING';
  });
  const second = book.update(task, (t) => {
    t.lastStatus = 'STOPPED';
  });
  await clock.advance(5_000);
  expect([published, JSON.parse(stored.get('task/arn')!).lastStatus, lines.length]).toEqual([
    [],
    'PENDING',
    1,
  ]);
  state.full = false;
  await clock.advance(5_000);
  await Promise.all([first, second]);
  expect([published, JSON.parse(stored.get('task/arn')!).lastStatus]).toEqual([
    ['RUNNING', 'STOPPED'],
    'STOPPED',
  ]);
});

it('closing ends the wait for room', async () => {
  const clock = new VirtualClock();
  const { store, state } = fullStore();
  const book = new TaskBook({ store, clock, onChange: () => undefined, log: () => undefined });
  const task = { id: 't', taskArn: 'arn', version: 1, lastStatus: 'PENDING' } as unknown as Task;
  await book.add([task]);
  state.full = true;
  const change = book.update(task, (t) => {
    t.lastStatus = 'RUNNING';
  });
  await clock.advance(1_500);
  await Promise.all([book.close(), change]);
  const { tries } = state;
  await clock.advance(10_000);
  expect(state.tries).toBe(tries);
});

it('tasks that could not be stored were never asked for: the same token asks anew', async () => {
  const { store, state } = fullStore();
  const book = new TaskBook({
    store,
    clock: new VirtualClock(),
    onChange: () => undefined,
    log: () => undefined,
  });
  const task = { id: 't', taskArn: 'arn', version: 1, lastStatus: 'PENDING' } as unknown as Task;
  state.full = true;
  await expect(book.add([task], { key: 'cluster/token', fingerprint: 'f' })).rejects.toThrow(
    'no space',
  );
  expect([book.tasks.size, book.token('cluster', 'token')]).toEqual([0, undefined]);
  state.full = false;
  await book.add([task], { key: 'cluster/token', fingerprint: 'f' });
  expect(book.token('cluster', 'token')?.taskArns).toEqual(['arn']);
});
