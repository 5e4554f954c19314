// Creates or updates the state machine where no stack does: in local mode. cdk/ creates it on AWS.
import type { SFNClient } from '@aws-sdk/client-sfn';
import { CreateStateMachineCommand, UpdateStateMachineCommand } from '@aws-sdk/client-sfn';

export interface StateMachineSource {
  arn: string;
  name: string;
  /** Amazon States Language as JSON text. */
  definition: string;
  roleArn: string;
}

/** Gives the machine this definition; running executions continue with the one they started with. */
export async function putStateMachine(
  client: SFNClient,
  { arn, name, definition, roleArn }: StateMachineSource,
): Promise<void> {
  try {
    await client.send(new CreateStateMachineCommand({ name, definition, roleArn }));
  } catch (error) {
    if (!(error instanceof Error && error.name === 'StateMachineAlreadyExists')) throw error;
    await client.send(new UpdateStateMachineCommand({ stateMachineArn: arn, definition }));
  }
}
