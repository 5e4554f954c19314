// A Lambda function out of a file of functions/: its bundle, no dependency installed beside it, logs kept for a week.
import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { AssetHashType, DockerImage, RemovalPolicy, type Duration } from 'aws-cdk-lib';
import { Architecture, Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { bundle, readsKinds } from './bundle.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Commands of a shell that add files to a function's, for the repository's root and the function's directory. */
export type Beside = (root: string, directory: string) => string[];

export interface BundledFunctionProps {
  timeout: Duration;
  memorySize: number;
  environment: Record<string, string>;
  /** Absent: CloudFormation chooses. */
  functionName?: string;
  /** Absent: as many at once as the account has. */
  reservedConcurrentExecutions?: number;
  /** Adds files to the code. */
  beside?: Beside;
}

/** The function in `functions/<name>.ts`, under its name in `scope`. */
export function bundledFunction(
  scope: Construct,
  name: string,
  { beside, ...props }: BundledFunctionProps,
): Function {
  const logGroup = new LogGroup(scope, `${name}-logs`, {
    retention: RetentionDays.ONE_WEEK,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  return new Function(scope, name, {
    ...props,
    role: roleOf(scope, name, logGroup),
    code: codeOf(name, beside),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_22_X,
    architecture: Architecture.ARM_64,
    logGroup,
  });
}

/** The files of a function, made when the stack is synthesized. What they contain names the asset, so that an unchanged function stays. */
const codeOf = (name: string, beside: Beside = () => []): Code =>
  Code.fromAsset(join(ROOT, 'functions'), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never asked for: esbuild runs here.
      image: DockerImage.fromRegistry('scratch'),
      // Assets of one source and equal options are one asset to the CDK.
      command: [name],
      local: {
        tryBundle(directory) {
          if (readsKinds(bundle(`functions/${name}.ts`, directory))) addKinds(directory);
          for (const command of beside(ROOT, directory))
            execFileSync('sh', ['-c', command], { stdio: ['ignore', 'ignore', 'inherit'] });
          return true;
        },
      },
    },
  });

let hasKinds = false;

/** Schemas, and tables of protobuf where they could be made, beside the code that reads them. */
function addKinds(directory: string): void {
  if (!hasKinds)
    execFileSync(process.execPath, ['--import', 'tsx', 'src/kinds/update.ts'], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  hasKinds = true;
  cpSync(join(ROOT, 'build/kinds'), join(directory, 'kinds'), { recursive: true });
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
