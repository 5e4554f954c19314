// What a deployment may choose, by `-c name=value` or cdk.json; anything else than what stands here is refused before anything is built.

import type { Principals } from './constructs/access.ts';

/** Architectures of tasks, best first. */
export type Architecture = 'amd64' | 'arm64';

export interface Choices {
  /** `vpc=vpc-…`: a network of the user's own. */
  vpcId: string | undefined;
  /** `podletImage=…`: an image of the user's own, which the tasks' execution role must be able to pull. */
  image: string | undefined;
  /** `architecture=amd64`, `arm64`, or both with the preferred one first. */
  architectures: Architecture[];
  /** `capacity=spot`: pods may ask for Fargate Spot. */
  capacity: 'on-demand' | 'spot';
  /** `admins=ARN,ARN`, `editors`, `viewers`: who may log in besides the stack's two roles. */
  principals: Principals;
  /** `oidcProvider=false`: without what makes AWS IAM trust service accounts, which an emulator may lack. */
  oidcProvider: boolean;
}

/** Reads and checks them; throws one error with every fault. */
export function readChoices(context: (name: string) => unknown): Choices {
  const faults: string[] = [];
  const text = (name: string, form: RegExp, otherwise: string | undefined): string | undefined => {
    const value = context(name);
    if (value === undefined) return otherwise;
    if (typeof value === 'string' && form.test(value)) return value;
    faults.push(`${name}=${String(value)} does not fit ${form.source}`);
    return otherwise;
  };
  /** ARNs by commas on the command line, or a list in cdk.json. */
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
    oidcProvider: text('oidcProvider', /^(true|false)$/, 'true') !== 'false',
  };
  if (faults.length > 0) throw new Error(`context is refused: ${faults.join('; ')}`);
  return choices;
}
