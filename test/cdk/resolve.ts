// Resolves a template's values as CloudFormation would, for one account and region.
export const ACCOUNT = '000000000000';
export const REGION = 'us-east-1';

interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  DependsOn?: string | string[];
}

export type Resources = Record<string, Resource>;

const PSEUDO: Record<string, string> = {
  'AWS::AccountId': ACCOUNT,
  'AWS::Region': REGION,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackName': 'Droppod',
};

const NAME_OF: Record<string, string> = {
  'AWS::DynamoDB::GlobalTable': 'TableName',
  'AWS::IAM::Role': 'RoleName',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::ECS::Cluster': 'ClusterName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::Events::Rule': 'Name',
};

const ARN_OF: Record<string, (name: string) => string> = {
  'AWS::DynamoDB::GlobalTable': (name) => `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${name}`,
  'AWS::IAM::Role': (name) => `arn:aws:iam::${ACCOUNT}:role/${name}`,
  'AWS::Lambda::Function': (name) => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`,
  'AWS::ECS::Cluster': (name) => `arn:aws:ecs:${REGION}:${ACCOUNT}:cluster/${name}`,
  'AWS::Logs::LogGroup': (name) => `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${name}:*`,
  'AWS::ECR::Repository': (name) => `arn:aws:ecr:${REGION}:${ACCOUNT}:repository/${name}`,
  'AWS::Events::Rule': (name) => `arn:aws:events:${REGION}:${ACCOUNT}:rule/${name}`,
  'AWS::StepFunctions::StateMachine': (name) =>
    `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${name}`,
};

/** The value of `Ref` to a resource: its name if it has one, else its logical id. */
const nameOf = (resources: Resources, id: string): string => {
  const { Type = '', Properties = {} } = resources[id] ?? {};
  if (Type === 'AWS::StepFunctions::StateMachine')
    return ARN_OF[Type]?.(String(Properties['StateMachineName'])) ?? id;
  const name = Properties[NAME_OF[Type] ?? ''];
  return typeof name === 'string' ? name : id;
};

function attribute(resources: Resources, id: string, name: string): string {
  const { Type = '' } = resources[id] ?? {};
  if (name === 'Arn') return ARN_OF[Type]?.(nameOf(resources, id)) ?? `${id}.Arn`;
  if (name === 'StreamArn') return `${ARN_OF[Type]?.(nameOf(resources, id)) ?? id}/stream/1`;
  if (name === 'FunctionUrl') return `https://${id.toLowerCase()}.lambda-url.${REGION}.on.aws/`;
  return `${id}.${name}`;
}

/** The value without intrinsic functions. */
export function resolve(resources: Resources, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((entry) => resolve(resources, entry));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [[key, content] = ['', undefined]] = entries;
  if (entries.length === 1 && key === 'Ref')
    return PSEUDO[String(content)] ?? nameOf(resources, String(content));
  if (entries.length === 1 && key === 'Fn::GetAtt') {
    const [id = '', name = ''] = content as string[];
    return attribute(resources, id, name);
  }
  if (entries.length === 1 && key === 'Fn::Join') {
    const [separator = '', parts = []] = content as [string, unknown[]];
    return parts.map((part) => String(resolve(resources, part))).join(separator);
  }
  if (entries.length === 1 && key === 'Fn::Sub' && typeof content === 'string')
    return content.replaceAll(/\$\{([^}]+)\}/g, (_, name: string) =>
      String(resolve(resources, { Ref: name })),
    );
  if (entries.length === 1 && key === 'Fn::Split') {
    const [separator = '', text] = content as [string, unknown];
    return String(resolve(resources, text)).split(separator);
  }
  if (entries.length === 1 && key === 'Fn::Select') {
    const [index = 0, list] = content as [number, unknown];
    const all = resolve(resources, list);
    return Array.isArray(all) ? (all as unknown[])[index] : `${String(all)}-${index}`;
  }
  return Object.fromEntries(entries.map(([name, part]) => [name, resolve(resources, part)]));
}
