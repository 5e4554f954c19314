// The whole stack on a target: deployed by the CDK's own command line, its tasks on this machine's Docker, with a kubeconfig.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openInstallation } from '../../local/compose/open-installation.ts';
import { ACCOUNT, REGION } from '../../local/compose/account.ts';
import { placeOf } from '../../local/cli/place.ts';
import { setUp } from '../../local/cli/set-up.ts';
import type { Say } from '../../local/cli/install.ts';
import type { Installation } from '../../local/installation.ts';
import { loginToken } from '../fakes/fake-sts.ts';
import { environmentOf, functionsOf, invokerAt, sessionOf, urlHost } from './account.ts';
import { openGateway, SYNC_PATH, type Gateway } from './gateway.ts';
import { openPodEngine, type PodEngine } from './pod-engine.ts';
import { abilitiesOf, type Abilities } from './probe.ts';
import { openTarget, type Target } from './target.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CDK = join(ROOT, 'node_modules/aws-cdk/bin/cdk');
const STACK = 'Droppod';
const CDK_MS = 300_000;
/** A login is valid for a quarter of an hour. */
const NEW_TOKEN_MS = 5 * 60_000;

type Variables = Readonly<Record<string, string>>;

export interface Localstack {
  kubeconfig: string;
  /** For programs that use the target and droppod's ECS. */
  environment: Record<string, string>;
  target: Target;
  abilities: Abilities;
  /** Deploys, or deploys again, with further CDK contexts; the functions also get these variables. */
  deploy(more?: { environment?: Variables; context?: Variables }): Promise<void>;
  /** A new kubeconfig for the role that this output of the stack names; its login ends after a quarter of an hour. */
  kubeconfigFor(roleOutput: string): Promise<string>;
  /** Stops everything except the containers, which `purge` removes. */
  close(): Promise<void>;
}

/** The parts before a deployment. */
interface Parts {
  directory: string;
  installation: Installation;
  podletImage: string;
  target: Target;
  engine: PodEngine;
  gateway: Gateway;
  abilities: Abilities;
  say: Say;
}

/** Starts everything in a directory of its own and deploys. */
export async function openLocalstack(directory: string, say: Say): Promise<Localstack> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const podletImage = await setUp(placeOf(directory), say);
  const installation = await openInstallation(directory);
  const target = await openTarget(directory, say);
  const invoker = invokerAt(target.endpoint);
  let observe: string | undefined;
  const engine = await openPodEngine({
    directory,
    installation,
    log: say,
    // PutEvents accepts no source of AWS's own, so the rule's target is called directly.
    onTaskChange: (detail) => {
      if (observe === undefined) return;
      invoker
        .invoke(observe, {
          source: 'aws.ecs',
          'detail-type': 'ECS Task State Change',
          account: ACCOUNT,
          region: REGION,
          detail,
        })
        .catch((error: unknown) => say(`a task's change is lost: ${String(error)}`));
    },
  });
  const gateway = await openGateway(installation);
  const abilities = await abilitiesOf(target.endpoint);
  const parts = { directory, installation, podletImage, target, engine, gateway, abilities, say };
  const kubeconfig = writeKubeconfig(parts);
  let outputs: Record<string, string> = {};
  let renewing: NodeJS.Timeout | undefined;
  const localstack: Localstack = {
    kubeconfig,
    target,
    abilities,
    environment: { ...environmentOf(target.endpoint), ...endpointsOf(engine) },
    deploy: async ({ environment = {}, context = {} } = {}) => {
      outputs = await deployStack(parts, environment, context);
      const functions = await functionsOf(target.endpoint, STACK);
      gateway.lead({
        endpoint: target.endpoint,
        apiHost: await urlHost(target.endpoint, functions('api')),
        syncHost: await urlHost(target.endpoint, functions('sync')),
      });
      observe = functions('observe');
      await engine.createCluster(outputs['ClusterName'] ?? '');
      await writeToken(parts, outputs);
      clearInterval(renewing);
      renewing = setInterval(() => {
        writeToken(parts, outputs).catch((error: unknown) => say(`no new login: ${String(error)}`));
      }, NEW_TOKEN_MS);
    },
    kubeconfigFor: (roleOutput) => kubeconfigFor(parts, outputs, roleOutput),
    close: async () => {
      clearInterval(renewing);
      observe = undefined;
      invoker.close();
      await gateway.close();
      await target.close();
      await engine.close();
    },
  };
  try {
    await runCdk(parts, ['bootstrap', `aws://${ACCOUNT}/${REGION}`]);
    await localstack.deploy();
  } catch (error) {
    await localstack.close();
    throw error;
  }
  return localstack;
}

const endpointsOf = (engine: PodEngine): Record<string, string> => ({
  AWS_ENDPOINT_URL_ECS: engine.awsEndpoint,
  AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: engine.awsEndpoint,
});

/** Deploys and returns the stack's outputs. */
async function deployStack(
  parts: Parts,
  environment: Variables,
  context: Variables,
): Promise<Record<string, string>> {
  const { directory, installation, podletImage, engine, gateway, abilities } = parts;
  const all: Record<string, string> = {
    podletImage,
    streaming: String(abilities.streams),
    // No emulator's edge runs functions.
    distribution: 'false',
    oidcProvider: String(!abilities.lacking.includes('AWS::IAM::OIDCProvider')),
    environment: JSON.stringify({
      ...endpointsOf(engine),
      DROPPOD_REGISTRY_ENDPOINT: engine.registryEndpoint,
      DROPPOD_SYNC_URL: `https://${installation.bridge}:${gateway.port}${SYNC_PATH}`,
      DROPPOD_CA: installation.certificates.ca,
      ...environment,
    }),
    ...(abilities.lacking.length > 0 ? { without: abilities.lacking.join(',') } : {}),
    ...context,
  };
  const file = join(directory, 'outputs.json');
  await runCdk(parts, [
    'deploy',
    STACK,
    '--require-approval',
    'never',
    '--outputs-file',
    file,
    ...Object.entries(all).flatMap(([name, value]) => ['--context', `${name}=${value}`]),
  ]);
  const outputs = JSON.parse(readFileSync(file, 'utf8')) as {
    [stack: string]: Record<string, string>;
  };
  return outputs[STACK] ?? {};
}

/** This repository's CDK; its output goes to a file in the directory, and into the error if it fails. */
async function runCdk({ directory, target, say }: Parts, words: string[]): Promise<void> {
  say(`cdk ${words[0] ?? ''} …`);
  const out = ['--output', join(directory, 'cdk.out'), '--ci'];
  try {
    await promisify(execFile)(process.execPath, [CDK, ...words, ...out], {
      cwd: ROOT,
      env: { ...process.env, ...environmentOf(target.endpoint) },
      timeout: CDK_MS,
      maxBuffer: 1 << 26,
    });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`cdk ${words[0] ?? ''} failed: ${`${stdout}${stderr}`.slice(-3000)}`, {
      cause: error,
    });
  }
}

const tokenFile = (directory: string): string => join(directory, 'token');

function writeKubeconfig(
  { directory, gateway, installation }: Parts,
  path = placeOf(directory).kubeconfig,
  // kubectl rereads it: a login expires sooner than a long session.
  user: object = { tokenFile: tokenFile(directory) },
): string {
  const name = 'droppod-localstack';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name,
        cluster: {
          server: `https://127.0.0.1:${gateway.port}`,
          'certificate-authority-data': Buffer.from(installation.certificates.ca).toString(
            'base64',
          ),
        },
      },
    ],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: 'default' } }],
    'current-context': name,
  };
  writeFileSync(path, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  return path;
}

/** A login as `aws eks get-token` makes it, for a session of a role. */
const login = async ({ target }: Parts, outputs: Variables, roleOutput: string): Promise<string> =>
  loginToken(await sessionOf(target.endpoint, outputs[roleOutput] ?? ''), {
    clusterId: outputs['ClusterId'] ?? '',
    region: REGION,
    signingDate: new Date(),
  });

async function writeToken(parts: Parts, outputs: Variables): Promise<void> {
  const { directory } = parts;
  const next = `${tokenFile(directory)}.new`;
  writeFileSync(next, await login(parts, outputs, 'AdministratorRoleArn'), { mode: 0o600 });
  renameSync(next, tokenFile(directory));
}

async function kubeconfigFor(
  parts: Parts,
  outputs: Variables,
  roleOutput: string,
): Promise<string> {
  const token = await login(parts, outputs, roleOutput);
  return writeKubeconfig(parts, join(parts.directory, `kubeconfig-${roleOutput}`), { token });
}
