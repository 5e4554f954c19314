// What the tests need from a target: SDK options, the names of a stack's functions, a session of the administrator's role.
import { CloudFormationClient, paginateListStackResources } from '@aws-sdk/client-cloudformation';
import { GetFunctionUrlConfigCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { ACCOUNT, REGION } from '../../local/compose/account.ts';
import type { AccessKey } from '../fakes/fake-sts.ts';

/** LocalStack-compatible targets accept any key. */
const KEY = { accessKeyId: 'test', secretAccessKey: 'test' };

/** For programs: the CDK, the AWS CLI, `./droppod destroy`. */
export const environmentOf = (endpoint: string): Record<string, string> => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_ACCESS_KEY_ID: KEY.accessKeyId,
  AWS_SECRET_ACCESS_KEY: KEY.secretAccessKey,
  AWS_REGION: REGION,
  AWS_DEFAULT_REGION: REGION,
  AWS_EC2_METADATA_DISABLED: 'true',
  CDK_DEFAULT_ACCOUNT: ACCOUNT,
  CDK_DEFAULT_REGION: REGION,
});

/** For SDK clients. */
export const clientOptions = (
  endpoint: string,
): { endpoint: string; region: string; credentials: AccessKey } => ({
  endpoint,
  region: REGION,
  credentials: KEY,
});

/** Names of the stack's functions by the names of their files. */
export async function functionsOf(
  endpoint: string,
  stack: string,
): Promise<(name: string) => string> {
  const client = new CloudFormationClient(clientOptions(endpoint));
  const names = new Map<string, string>();
  for await (const page of paginateListStackResources({ client }, { StackName: stack }))
    for (const {
      ResourceType,
      LogicalResourceId,
      PhysicalResourceId,
    } of page.StackResourceSummaries ?? [])
      if (ResourceType === 'AWS::Lambda::Function')
        names.set(LogicalResourceId ?? '', PhysicalResourceId ?? '');
  client.destroy();
  return (name) => {
    // `Functions`, the name without hyphens, a hash of eight.
    const logical = [...names.keys()].find(
      (id) => id.slice(0, -8) === `Functions${name.replaceAll('-', '')}`,
    );
    const found = logical && names.get(logical);
    if (!found) throw new Error(`${stack} has no function ${name}`);
    return found;
  };
}

/** Host of a function's URL. */
export async function urlHost(endpoint: string, functionName: string): Promise<string> {
  const client = new LambdaClient(clientOptions(endpoint));
  const { FunctionUrl = '' } = await client.send(
    new GetFunctionUrlConfigCommand({ FunctionName: functionName }),
  );
  client.destroy();
  return new URL(FunctionUrl).host;
}

export interface Invoker {
  /** Calls a function as EventBridge does, asynchronously. */
  invoke(functionName: string, event: unknown): Promise<void>;
  close(): void;
}

export function invokerAt(endpoint: string): Invoker {
  const client = new LambdaClient(clientOptions(endpoint));
  return {
    async invoke(functionName, event) {
      await client.send(
        new InvokeCommand({
          FunctionName: functionName,
          InvocationType: 'Event',
          Payload: JSON.stringify(event),
        }),
      );
    },
    close: () => client.destroy(),
  };
}

/** A session of a role. */
export async function sessionOf(endpoint: string, roleArn: string): Promise<AccessKey> {
  const client = new STSClient(clientOptions(endpoint));
  const { Credentials } = await client.send(
    new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'localstack' }),
  );
  client.destroy();
  return {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  };
}
