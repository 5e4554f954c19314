// The record with changed facts about its present task.
import type { PodRecord, PodTask } from './record.ts';

export const withTask = (record: PodRecord, change: Partial<PodTask>): PodRecord => ({
  ...record,
  task: { ...record.task, ...change },
});
