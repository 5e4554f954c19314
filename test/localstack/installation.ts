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
  /** Whether watches arrive while they are open. */
  streams: boolean;
  /** Whether the target, and the stack in it, stay when this is closed. */
  outlives: boolean;
  /** Deploys again, with these further CDK contexts. */
  deploy(context: Variables): Promise<void>;
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

/** Starts everything in a directory of its own and deploys, with these further CDK contexts. */
export async function openLocalstack(
  directory: string,
  say: Say,
  context: Variables,
): Promise<Localstack> {
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
  for (const type of abilities.lacking) say(`this target does not know ${type}: left out`);
  const parts = { directory, installation, podletImage, target, engine, gateway, abilities, say };
  const kubeconfig = writeKubeconfig(parts);
  let outputs: Record<string, string> = {};
  let renewing: NodeJS.Timeout | undefined;
  const localstack: Localstack = {
    kubeconfig,
    streams: abilities.streams,
    outlives: target.outlives,
    environment: { ...environmentOf(target.endpoint), ...endpointsOf(engine) },
    deploy: async (more) => {
      outputs = await deployStack(parts, more);
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
    await localstack.deploy(context);
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
async function deployStack(parts: Parts, context: Variables): Promise<Record<string, string>> {
  const { directory, installation, podletImage, engine, gateway, abilities } = parts;
  const { environment = '{}', ...others } = context;
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
      ...(JSON.parse(environment) as Variables),
    }),
    ...(abilities.lacking.length > 0 ? { without: abilities.lacking.join(',') } : {}),
    ...others,
  };
  await runCdk(parts, [
    'deploy',
    STACK,
    '--require-approval',
    'never',
    '--outputs-file',
    outputsFile(directory),
    ...Object.entries(all).flatMap(([name, value]) => ['--context', `${name}=${value}`]),
  ]);
  return outputsIn(directory);
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

const outputsFile = (directory: string): string => join(directory, 'outputs.json');
const tokenFile = (directory: string): string => join(directory, 'token');

function writeKubeconfig({ directory, gateway, installation }: Parts): string {
  const path = placeOf(directory).kubeconfig;
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
    // kubectl rereads it: a login expires sooner than a long session.
    users: [{ name, user: { tokenFile: tokenFile(directory) } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: 'default' } }],
    'current-context': name,
  };
  writeFileSync(path, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  return path;
}

/** A login as `aws eks get-token` makes it, for a session of the role that an output of the stack names. */
export const login = async (
  endpoint: string,
  outputs: Variables,
  roleOutput: string,
): Promise<string> =>
  loginToken(await sessionOf(endpoint, outputs[roleOutput] ?? ''), {
    clusterId: outputs['ClusterId'] ?? '',
    region: REGION,
    signingDate: new Date(),
  });

async function writeToken({ directory, target }: Parts, outputs: Variables): Promise<void> {
  const next = `${tokenFile(directory)}.new`;
  const token = await login(target.endpoint, outputs, 'AdministratorRoleArn');
  writeFileSync(next, token, { mode: 0o600 });
  renameSync(next, tokenFile(directory));
}

/** The outputs of the stack that was last deployed in a directory. */
export function outputsIn(directory: string): Record<string, string> {
  const all = JSON.parse(readFileSync(outputsFile(directory), 'utf8')) as {
    [stack: string]: Record<string, string>;
  };
  return all[STACK] ?? {};
}
