// The Executions port on Step Functions.
import type { SFNClient } from '@aws-sdk/client-sfn';
import {
  DescribeExecutionCommand,
  SendTaskSuccessCommand,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { Executions } from '../ports/executions.ts';
import { present } from '../present.ts';

/** `stateMachineArn` is the pod machine; an execution's ARN follows from its name. */
export function awsExecutions(client: SFNClient, stateMachineArn: string): Executions {
  const executionArn = (name: string): string =>
    `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
  return {
    async start(name, input) {
      try {
        await client.send(
          new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }),
        );
        return 'started';
      } catch (error) {
        return answered(error, ['ExecutionAlreadyExists'], 'alreadyExists' as const);
      }
    },
    async succeed(token, output) {
      try {
        await client.send(
          new SendTaskSuccessCommand({ taskToken: token, output: JSON.stringify(output) }),
        );
      } catch (error) {
        answered(error, ['InvalidToken', 'TaskDoesNotExist', 'TaskTimedOut'], undefined);
      }
    },
    async stop(name, cause) {
      try {
        await client.send(new StopExecutionCommand({ executionArn: executionArn(name), cause }));
      } catch (error) {
        answered(error, ['ExecutionDoesNotExist'], undefined);
      }
    },
    async describe(name) {
      try {
        const { status, error, cause } = await client.send(
          new DescribeExecutionCommand({ executionArn: executionArn(name) }),
        );
        // The machine never uses redrive, so PENDING_REDRIVE cannot occur.
        return {
          status: status === undefined || status === 'PENDING_REDRIVE' ? 'RUNNING' : status,
          ...present({ error, cause }),
        };
      } catch (error) {
        return answered(error, ['ExecutionDoesNotExist'], undefined);
      }
    },
  };
}

/** `value` if the error is one of `names`; throws any other. */
function answered<T>(error: unknown, names: string[], value: T): T {
  if (error instanceof Error && names.includes(error.name)) return value;
  throw error;
}
