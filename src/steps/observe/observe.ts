// EventBridge's events: a task changed, an execution ended. Both may be repeated, late or lost: sweep finds the same.
import { observeExecution } from './observe-execution.ts';
import { observeTask } from './observe-task.ts';
import type { SettlePorts } from '../settle/settle.ts';
import { executionFacts } from '../../record/execution-facts.ts';
import { taskFacts } from '../../fargate/task-facts.ts';

/** EventBridge's envelope, as far as it is used. */
export interface Change {
  'detail-type': string;
  detail: unknown;
}

/** Handles one event; unknown kinds are ignored. */
export async function observe(ports: SettlePorts, change: Change): Promise<void> {
  if (change['detail-type'] === 'ECS Task State Change') {
    const facts = taskFacts(change.detail);
    if (facts) await observeTask(ports, facts);
  }
  if (change['detail-type'] === 'Step Functions Execution Status Change') {
    const facts = executionFacts(change.detail);
    if (facts) await observeExecution(ports, facts);
  }
}
