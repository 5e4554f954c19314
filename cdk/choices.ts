// The options of a deployment, by `-c name=value` or cdk.json; any other value is refused before anything is built.

import type { Principals } from './constructs/access.ts';

/** What a stream needs, and what it is billed by: the calculation is in docs/aws.md, and test/aws/stream-price.test.ts checks it. */
export const WATCH_MEMORY_MIB = 192;

/** Architectures of tasks, best first. */
export type Architecture = 'amd64' | 'arm64';

export interface Choices {
  /** `vpc=vpc-…`: a network of the user's own. */
  vpcId: string | undefined;
  /** `podletImage=…`: an image of the user's own, which the tasks' execution role must be able to pull. */
  image: string | undefined;
  /** `architecture=amd64`, `arm64`, or both, the preferred one first. */
  architectures: Architecture[];
  /** `capacity=spot`: pods may ask for Fargate Spot. */
  capacity: 'on-demand' | 'spot';
  /** `admins=ARN,ARN`, `editors`, `viewers`: who may log in besides the stack's two roles. */
  principals: Principals;
  /** `staticPods=DIR`: a directory of manifests of pods that the API shows and cannot delete. */
  staticPods: string | undefined;
  /** `oidcProvider=false`: without the IAM identity provider that trusts service accounts, which an emulator may lack. */
  oidcProvider: boolean;
  /** `distribution=false`: no CloudFront in front of the API; its own URL is the server, and a stream costs what it costs in the API's function. */
  distribution: boolean;
  /** `watches=250`: streams at once, set aside from the account's functions, so that they cannot take all of them. */
  watches: number | undefined;
  /** `alarm=true`, or the ARN of an SNS topic that alarms go to: CloudWatch bills each of the three by the month. */
  alarm: true | { topicArn: string } | undefined;
  /** `without=AWS::EC2::SecurityGroupIngress,…`: resource types that an emulator lacks; nothing else may refer to them. */
  without: string[];
  /** `streaming=false`: function URLs that respond in one piece, for an emulator without response streaming. */
  streaming: boolean;
  /** `mirrors={"docker.io": "HOST/PATH"}`: where to look first for a registry's images, such as an ECR pull-through cache. */
  mirrors: Record<string, string>;
  /** `environment={"NAME": "value"}`: variables for all functions, such as an emulator's endpoints; these take precedence. */
  environment: Record<string, string>;
}

/** Reads and validates the options; throws one error that lists every fault. */
export function readChoices(context: (name: string) => unknown): Choices {
  const faults: string[] = [];
  const text = (name: string, form: RegExp, otherwise: string | undefined): string | undefined => {
    const value = context(name);
    if (value === undefined) return otherwise;
    if (typeof value === 'string' && form.test(value)) return value;
    faults.push(`${name}=${String(value)} does not fit ${form.source}`);
    return otherwise;
  };
  /** ARNs separated by commas on the command line, or a list in cdk.json. */
  const arns = (name: string): string[] => {
    const value = context(name) ?? [];
    const list: unknown[] = Array.isArray(value) ? value : String(value).split(',');
    return list.map((arn) => String(arn).trim()).filter((arn) => arn !== '');
  };
  const choices: Choices = {
    vpcId: text('vpc', /^vpc-[0-9a-f]+$/, undefined),
    image: text('podletImage', /^[^\s/]+(\/[^\s/]+)+$/, undefined),
    architectures: (
      text('architecture', /^(amd64|arm64)(,(amd64|arm64))?$/, 'amd64') ?? 'amd64'
    ).split(',') as Architecture[],
    capacity: text('capacity', /^(on-demand|spot)$/, 'on-demand') === 'spot' ? 'spot' : 'on-demand',
    principals: { admins: arns('admins'), editors: arns('editors'), viewers: arns('viewers') },
    staticPods: text('staticPods', /^[^'\n]+$/, undefined),
    oidcProvider: text('oidcProvider', /^(true|false)$/, 'true') !== 'false',
    distribution: text('distribution', /^(true|false)$/, 'true') !== 'false',
    watches: numberOf(text('watches', /^[1-9]\d{0,4}$/, undefined)),
    alarm: alarmOf(text('alarm', /^(true|arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]+)$/, undefined)),
    without: (text('without', /^\w+::\w+::\w+(,\w+::\w+::\w+)*$/, '') ?? '')
      .split(',')
      .filter((type) => type !== ''),
    streaming: text('streaming', /^(true|false)$/, 'true') !== 'false',
    mirrors: mirrorsOf(texts('mirrors', context, faults), faults),
    environment: texts('environment', context, faults),
  };
  if (faults.length > 0) throw new Error(`context is refused: ${faults.join('; ')}`);
  return choices;
}

const alarmOf = (text: string | undefined): Choices['alarm'] =>
  text === undefined ? undefined : text === 'true' ? true : { topicArn: text };

const numberOf = (digits: string | undefined): number | undefined =>
  digits === undefined ? undefined : Number(digits);

/** A JSON object of strings on the command line, or an object in cdk.json. */
function texts(
  name: string,
  context: (name: string) => unknown,
  faults: string[],
): Record<string, string> {
  const value = context(name);
  const found = typeof value === 'string' ? parsed(value) : (value ?? {});
  if (typeof found === 'object' && found !== null && !Array.isArray(found)) {
    const entries: [string, unknown][] = Object.entries(found);
    if (entries.every((entry): entry is [string, string] => typeof entry[1] === 'string'))
      return Object.fromEntries(entries);
  }
  faults.push(`${name} is no JSON object of texts`);
  return {};
}

const HOST = /^[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?$/;

function mirrorsOf(mirrors: Record<string, string>, faults: string[]): Record<string, string> {
  for (const [registry, place] of Object.entries(mirrors)) {
    const [host = '', ...path] = place.split('/');
    const fits =
      HOST.test(registry) &&
      HOST.test(host) &&
      path.every((part) => /^[a-z0-9]+([._-]+[a-z0-9]+)*$/.test(part));
    if (!fits || host === registry)
      faults.push(`mirrors: ${registry}=${place} is no registry and another one with a path`);
  }
  return mirrors;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The caller reports it as a fault.
    return undefined;
  }
}
