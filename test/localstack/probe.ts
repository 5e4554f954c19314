// Detects what a target can do by its responses, not by its name.
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
} from '@aws-sdk/client-cloudformation';
import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  InvokeCommand,
  LambdaClient,
} from '@aws-sdk/client-lambda';
import { strToU8, zipSync } from 'fflate';
import { ACCOUNT } from '../../local/compose/account.ts';
import { clientOptions } from './account.ts';

export interface Abilities {
  /** Resource types of the stack that its CloudFormation does not know. */
  lacking: string[];
  /** Whether the functions' runtime can stream a response. */
  streams: boolean;
}

/** Types of the stack that nothing refers to, so that it is complete without them. */
const DISPENSABLE = ['AWS::EC2::SecurityGroupIngress', 'AWS::IAM::OIDCProvider'];
const PROBE = 'DroppodProbe';

/** Probes the target, leaving nothing behind. */
export async function abilitiesOf(endpoint: string): Promise<Abilities> {
  const [lacking, streams] = await Promise.all([lackingTypes(endpoint), streamsAnswers(endpoint)]);
  return { lacking, streams };
}

async function lackingTypes(endpoint: string): Promise<string[]> {
  const client = new CloudFormationClient(clientOptions(endpoint));
  const resources = DISPENSABLE.map((Type, at) => [`Probe${at}`, { Type, Properties: {} }]);
  try {
    await client.send(
      new CreateStackCommand({
        StackName: PROBE,
        TemplateBody: JSON.stringify({ Resources: Object.fromEntries(resources) }),
      }),
    );
    return [];
  } catch (error) {
    const { message = '' } = error as { message?: string };
    if (!/resource types?/i.test(message)) throw error;
    return DISPENSABLE.filter((type) => message.includes(type));
  } finally {
    await client.send(new DeleteStackCommand({ StackName: PROBE }));
    client.destroy();
  }
}

async function streamsAnswers(endpoint: string): Promise<boolean> {
  const client = new LambdaClient(clientOptions(endpoint));
  const code = 'exports.handler = async () => typeof globalThis.awslambda?.streamifyResponse;';
  await client.send(
    new CreateFunctionCommand({
      FunctionName: PROBE,
      Runtime: 'nodejs22.x',
      Role: `arn:aws:iam::${ACCOUNT}:role/${PROBE}`,
      Handler: 'index.handler',
      Code: { ZipFile: zipSync({ 'index.js': strToU8(code) }) },
    }),
  );
  const { Payload } = await client.send(new InvokeCommand({ FunctionName: PROBE }));
  await client.send(new DeleteFunctionCommand({ FunctionName: PROBE }));
  client.destroy();
  return Buffer.from(Payload ?? []).toString() === '"function"';
}
