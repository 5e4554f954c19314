// A Lambda function from a file of functions/: one bundle without installed dependencies, logs kept for a week.
import { join } from 'node:path';
import { RemovalPolicy, type Duration } from 'aws-cdk-lib';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat, type ICommandHooks } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { BUNDLE } from './bundle.ts';

const NOTHING: ICommandHooks = {
  beforeBundling: () => [],
  beforeInstall: () => [],
  afterBundling: () => [],
};

export interface BundledFunctionProps {
  timeout: Duration;
  memorySize: number;
  environment: Record<string, string>;
  /** Absent: CloudFormation chooses. */
  functionName?: string;
  /** Adds files to the bundle beside the code. */
  commandHooks?: Partial<ICommandHooks>;
}

/** The function in `functions/<name>.ts`, under its name in `scope`. */
export function bundledFunction(
  scope: Construct,
  name: string,
  { commandHooks, ...props }: BundledFunctionProps,
): NodejsFunction {
  const logGroup = new LogGroup(scope, `${name}-logs`, {
    retention: RetentionDays.ONE_WEEK,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  return new NodejsFunction(scope, name, {
    ...props,
    role: roleOf(scope, name, logGroup),
    entry: join(import.meta.dirname, '../../functions', `${name}.ts`),
    handler: 'handler',
    depsLockFilePath: join(import.meta.dirname, '../../package-lock.json'),
    runtime: Runtime.NODEJS_22_X,
    architecture: Architecture.ARM_64,
    logGroup,
    bundling: {
      format: OutputFormat.ESM,
      ...BUNDLE,
      sourceMap: false,
      externalModules: [],
      commandHooks: { ...NOTHING, ...commandHooks },
    },
  });
}

/** AWS's managed policy may write to every log group of the account; this role only to the function's own. */
const roleOf = (scope: Construct, name: string, logGroup: LogGroup): Role =>
  new Role(scope, `${name}-role`, {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    inlinePolicies: {
      Logs: new PolicyDocument({
        statements: [
          new PolicyStatement({
            actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
            resources: [logGroup.logGroupArn],
          }),
        ],
      }),
    },
  });
