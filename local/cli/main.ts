// The command line of droppod: up, down, run, test, deploy, destroy, verify-aws. A refusal is one line on stderr and an exit code.
import { Command, CommanderError } from 'commander';
import { Unusable } from '../unusable.ts';
import { Refusal } from './place.ts';

const out = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const say = (line: string): void => {
  process.stderr.write(`droppod: ${line}\n`);
};

function program(): Command {
  const droppod = new Command('droppod')
    .description('Kubernetes Pods without a Kubernetes cluster')
    .exitOverride()
    .showHelpAfterError(false)
    .configureOutput({
      outputError: (text, write) =>
        write(
          `droppod: ${text
            .replace(/^error: /, '')
            .trim()
            .replaceAll(/\s*\n\s*/g, ' ')}\n`,
        ),
    });
  addUp(droppod);
  addDown(droppod);
  addRun(droppod);
  addTest(droppod);
  addDeploy(droppod);
  addDestroy(droppod);
  addVerify(droppod);
  return droppod;
}

function addUp(droppod: Command): void {
  droppod
    .command('up')
    .description('start droppod on this machine, show a first pod and serve until Ctrl-C')
    .option('--data <directory>', 'data directory (default: .droppod here)')
    .option('--port <number>', 'port of the Kubernetes API; the AWS endpoints take the next one')
    .option('--detach', 'return when the API is ready')
    .option(
      '--beyond-fargate',
      'allow what Docker can do and Fargate cannot (hostPath, privileged …)',
    )
    .option(
      '--no-refusals',
      "warn of what droppod cannot do instead of refusing it, to compare its answers with kube-apiserver's",
    )
    .option('--static-pods <directory>', 'run the pods of the manifests in this directory')
    .option('--accept-loss', 'go on with what is left where the database has lost writes')
    .option('--no-hello', 'do not apply the first example')
    .action(async (options: object) => {
      const { up } = await import('./up.ts');
      await up(options, out, say);
    });
}

function addDown(droppod: Command): void {
  droppod
    .command('down')
    .description('stop droppod; its pods go on unless --purge')
    .option('--data <directory>', 'data directory')
    .option('--purge', 'also delete its data and containers')
    .action(async (options: object) => {
      const { down } = await import('./down.ts');
      await down(options, out);
    });
}

function addRun(droppod: Command): void {
  droppod
    .command('run')
    .description(
      'apply manifests and follow their pods to the end; exit code 0 only when all succeeded',
    )
    .argument('<file...>', 'manifests (- reads standard input)')
    .option('--data <directory>', 'data directory')
    .option('--port <number>', 'port of the Kubernetes API, where droppod must be started first')
    .action(async (files: string[], options: object) => {
      const { run } = await import('./run.ts');
      process.exitCode = await run(files, options, out, say);
    });
}

function addTest(droppod: Command): void {
  droppod
    .command('test')
    .description('set up the same way and run all tests')
    .argument('[filter...]', 'only test files whose path contains this')
    .action(async (filters: string[]) => {
      const { test } = await import('./test.ts');
      process.exitCode = await test(filters, out, say);
    });
}

const collect = (value: string, before: string[] = []): string[] => [...before, value];

function addDeploy(droppod: Command): void {
  droppod
    .command('deploy')
    .description('deploy droppod into an AWS account: checks first, ends with a kubeconfig')
    .option('--region <region>', "default: the profile's or AWS_REGION")
    .option('--vpc <id>', 'a network of your own; its public subnets are used')
    .option('--admin <arn>', 'an IAM role or user that may do everything (again for more)', collect)
    .option('--capacity <kind>', 'on-demand (default) or spot, which AWS may take back')
    .option('--architecture <name>', 'amd64 (default), arm64, or both with the preferred one first')
    .option('--image <reference>', 'a podlet image of your own')
    .option(
      '--mirror <registry=place>',
      'where its images are looked for first (again for more)',
      collect,
    )
    .option('--static-pods <directory>', 'run the pods of the manifests in this directory')
    .option('--alarm <arn>', 'an SNS topic for alarms on faults of droppod (30 cents a month)')
    .option('--watches <number>', 'streams at once (default: a quarter of the functions, if many)')
    .option('--kubeconfig <file>', 'where it is written (default: .droppod/aws/kubeconfig)')
    .option('--check', 'only look at the account and say what was found')
    .action(async (options: object) => {
      const { deployCommand } = await import('./deploy/commands.ts');
      await deployCommand(options, out, say);
    });
}

function addDestroy(droppod: Command): void {
  droppod
    .command('destroy')
    .description('delete droppod from an AWS account: ends its tasks first, names what it keeps')
    .option('--region <region>', "default: the profile's or AWS_REGION")
    .option('--yes', 'do not ask')
    .action(async (options: object) => {
      const { destroyCommand } = await import('./deploy/commands.ts');
      await destroyCommand(options, out);
    });
}

function addVerify(droppod: Command): void {
  droppod
    .command('verify-aws')
    .description(
      'prove in an AWS account what droppod assumes about AWS: says its cost and asks first',
    )
    .option('--region <region>', "default: the profile's or AWS_REGION")
    .option('--yes', 'do not ask')
    .option('--only <id...>', 'these assumptions alone')
    .option('--quick', 'only what takes a minute at most')
    .option('--keep', 'leave stack, namespace and pods as they are in the end')
    .option('--json <file>', 'write the results there too')
    .option('--kubeconfig <file>', 'how to log in to what is deployed (default: made of the stack)')
    .action(async (options: object) => {
      const { verifyCommand } = await import('./verify/command.ts');
      process.exitCode = await verifyCommand(options, out, say);
    });
}

/** Faults of the machine (no space, no permission, engine gone) have a code and a clear message; anything else is a defect. */
function faultText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error || error.name === 'DockerError'
    ? error.message.replaceAll(/\s*\n\s*/g, ' ')
    : (error.stack ?? error.message);
}

try {
  await program().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof Refusal || error instanceof Unusable) {
    say(error.message);
    process.exitCode = error instanceof Refusal ? error.exitCode : 1;
  } else {
    say(faultText(error));
    process.exitCode = 1;
  }
}
// Keep-alive sockets and watches of a finished command must not keep the process alive.
process.exit();
