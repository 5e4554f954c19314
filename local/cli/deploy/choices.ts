// The options of `droppod deploy`, and the CDK context that they become.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Refusal } from '../place.ts';

export interface DeployOptions {
  region?: string;
  vpc?: string;
  admin?: string[];
  capacity?: string;
  architecture?: string;
  image?: string;
  mirror?: string[];
  /** Directory of static pods' manifests. */
  staticPods?: string;
  watches?: string;
  /** ARN of a topic, or `true`. */
  alarm?: string;
  kubeconfig?: string;
  /** Only look at the account and report the findings. */
  check?: boolean;
}

/** Name of the stack in cdk/app.ts. */
export const STACK = 'Droppod';

const FORMS: { [Name in 'vpc' | 'capacity' | 'architecture' | 'watches' | 'alarm']: RegExp } = {
  vpc: /^vpc-[0-9a-f]+$/,
  capacity: /^(on-demand|spot)$/,
  architecture: /^(amd64|arm64)(,(amd64|arm64))?$/,
  watches: /^[1-9]\d{0,4}$/,
  alarm: /^(true|arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]+)$/,
};
const MIRROR = /^[a-z0-9.-]+(:\d+)?=[a-z0-9.-]+\.[a-z0-9-]+(:\d+)?(\/[a-z0-9._-]+)*$/;
const PRINCIPAL = /^arn:aws[a-z-]*:iam::\d{12}:(role|user)\/\S+$/;

/** Refuses up front what a deployment would refuse only minutes later. */
export function checkOptions(options: DeployOptions): void {
  for (const [name, form] of Object.entries(FORMS)) {
    const value = options[name as keyof typeof FORMS];
    if (value !== undefined && !form.test(value))
      throw new Refusal(`--${name} ${value}: does not fit ${form.source}`, 2);
  }
  for (const mirror of options.mirror ?? [])
    if (!MIRROR.test(mirror))
      throw new Refusal(
        `--mirror ${mirror}: a registry and its mirror are needed (docker.io=<host>/<path>)`,
        2,
      );
  if (options.staticPods !== undefined && !existsSync(options.staticPods))
    throw new Refusal(`--static-pods ${options.staticPods}: no such directory`, 2);
  for (const arn of options.admin ?? [])
    if (!PRINCIPAL.test(arn))
      throw new Refusal(
        `--admin ${arn}: the ARN of an IAM role or user is needed (a session's role: arn:aws:iam::<account>:role/<name>)`,
        2,
      );
}

/** The options as CDK context arguments on its command line. */
export function contextArguments(options: DeployOptions): string[] {
  const context: Record<string, string | undefined> = {
    vpc: options.vpc,
    capacity: options.capacity,
    architecture: options.architecture,
    podletImage: options.image,
    staticPods: options.staticPods === undefined ? undefined : resolve(options.staticPods),
    watches: options.watches,
    alarm: options.alarm,
    admins: options.admin?.join(','),
    mirrors:
      options.mirror &&
      JSON.stringify(Object.fromEntries(options.mirror.map((mirror) => mirror.split('=')))),
  };
  return Object.entries(context).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : ['--context', `${name}=${value}`],
  );
}
