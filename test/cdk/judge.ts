// IAM's verdict on requests, by evaluating the policies as AWS does; and which parts of the policies no request needed.
import { runSimulation } from '@cloud-copilot/iam-simulate';
import type { Asked } from './actions.ts';
import { ACCOUNT } from './resolve.ts';

interface Statement {
  Effect: 'Allow' | 'Deny';
  Action: string | string[];
  Resource: string | string[];
}

export interface Policy {
  Version: string;
  Statement: Statement[];
}

export interface Verdict {
  refused: Asked[];
  /** Granted, but not needed by any request. */
  unusedActions: string[];
  unusedStatements: Statement[];
}

const listed = (value: string | string[]): string[] => (Array.isArray(value) ? value : [value]);

/** AWS's reference lists no resource for it, though it accepts the machine's ARN: judged like other calls on a machine. */
const ON_MACHINE = 'states:SendTaskSuccess';
const STAND_IN = 'states:ListTagsForResource';
const standIn = (action: string): string => (action === ON_MACHINE ? STAND_IN : action);

/** Judges all requests, as from a session of the role with exactly these policies. */
export async function judge(policies: Policy[], asked: Asked[]): Promise<Verdict> {
  const statements = policies.flatMap(({ Statement }) => Statement);
  const allows = statements.filter(({ Effect }) => Effect === 'Allow');
  const used = new Set<Statement>();
  const refused: Asked[] = [];
  const allowed = new Set<string>();
  for (const request of unique(asked)) {
    const isAllowed = await isAllowedBy(statements, request);
    if (!isAllowed) refused.push(request);
    else allowed.add(request.action);
    for (const statement of isAllowed ? allows : [])
      if (!used.has(statement) && (await isAllowedBy([statement], request))) used.add(statement);
  }
  return {
    refused,
    unusedActions: [...new Set(allows.flatMap(({ Action }) => listed(Action)))].filter(
      (action) => !allowed.has(action),
    ),
    unusedStatements: allows.filter((statement) => !used.has(statement)),
  };
}

const unique = (asked: Asked[]): Asked[] => [
  ...new Map(asked.map((request) => [JSON.stringify(request), request])).values(),
];

async function isAllowedBy(
  statements: Statement[],
  { action, resource, context }: Asked,
): Promise<boolean> {
  const policy = {
    Version: '2012-10-17',
    Statement: statements.map((statement) => ({
      ...statement,
      Action: listed(statement.Action).map(standIn),
    })),
  };
  const answer = await runSimulation(
    {
      request: {
        principal: `arn:aws:sts::${ACCOUNT}:assumed-role/Role/session`,
        action: standIn(action),
        resource: { resource, accountId: ACCOUNT },
        contextVariables: context,
      },
      identityPolicies: [{ name: 'role', policy }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (answer.resultType === 'error')
    throw new Error(`${action} on ${resource}: ${JSON.stringify(answer.errors)}`);
  return answer.overallResult === 'Allowed';
}
