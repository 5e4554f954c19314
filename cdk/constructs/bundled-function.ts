// A Lambda function out of a file of functions/: one bundle, no dependency installed beside it, logs kept for a week.
import { join } from 'node:path';
import { RemovalPolicy, type Duration } from 'aws-cdk-lib';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat, type ICommandHooks } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

const NOTHING: ICommandHooks = {
  beforeBundling: () => [],
  beforeInstall: () => [],
  afterBundling: () => [],
};

export interface BundledFunctionProps {
  timeout: Duration;
  memorySize: number;
  environment: Record<string, string>;
  /** What goes into the bundle beside the code. */
  commandHooks?: Partial<ICommandHooks>;
}

/** The function of `functions/<name>.ts`, under its name in `scope`. */
export function bundledFunction(
  scope: Construct,
  name: string,
  { commandHooks, ...props }: BundledFunctionProps,
): NodejsFunction {
  return new NodejsFunction(scope, name, {
    ...props,
    entry: join(import.meta.dirname, '../../functions', `${name}.ts`),
    handler: 'handler',
    depsLockFilePath: join(import.meta.dirname, '../../package-lock.json'),
    runtime: Runtime.NODEJS_22_X,
    architecture: Architecture.ARM_64,
    logGroup: new LogGroup(scope, `${name}-logs`, {
      retention: RetentionDays.ONE_WEEK,
      removalPolicy: RemovalPolicy.DESTROY,
    }),
    bundling: {
      format: OutputFormat.ESM,
      target: 'node22',
      minify: true,
      sourceMap: false,
      mainFields: ['module', 'main'],
      externalModules: [],
      banner:
        "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      commandHooks: { ...NOTHING, ...commandHooks },
    },
  });
}
