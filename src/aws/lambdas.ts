// The Lambdas port on AWS.
import type { LambdaClient } from '@aws-sdk/client-lambda';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import type { Lambdas } from '../ports.ts';

/** Invocations of type Event: Lambda queues them and retries twice on its own. */
export function awsLambdas(client: LambdaClient): Lambdas {
  return {
    async invoke(functionName, payload) {
      await client.send(new InvokeCommand({ FunctionName: functionName, InvocationType: 'Event', Payload: Buffer.from(JSON.stringify(payload)) }));
    },
  };
}
