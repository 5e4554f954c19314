// The IAM calls of `droppod verify-aws`: what a role may do, and a role that trusts a service account.
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  IAMClient,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts';

export interface RoleEvidence {
  /** IAM's verdict (`allowed`, `explicitDeny`, `implicitDeny`) on whether a function's role may read items of a partition. */
  mayRead(functionName: string, tableArn: string, partition: string): Promise<string>;
  /** Creates a role without permissions that this subject of an OIDC provider may assume; returns its ARN. */
  makeTrustingRole(name: string, providerArn: string, subject: string): Promise<string>;
  removeRole(name: string): Promise<void>;
  /** ARN of the session that STS returns for a token. */
  sessionFor(roleArn: string, token: string): Promise<string>;
}

/** With the environment's credentials; `sessionFor` needs none. */
export function roleEvidence(options: { region: string; maxAttempts: number }): RoleEvidence {
  const iam = new IAMClient(options);
  return {
    mayRead: async (FunctionName, tableArn, partition) => {
      const { Role } = await new LambdaClient(options).send(
        new GetFunctionConfigurationCommand({ FunctionName }),
      );
      const { EvaluationResults } = await iam.send(
        new SimulatePrincipalPolicyCommand({
          PolicySourceArn: Role,
          ActionNames: ['dynamodb:GetItem'],
          ResourceArns: [tableArn],
          ContextEntries: [
            {
              ContextKeyName: 'dynamodb:LeadingKeys',
              ContextKeyType: 'stringList',
              ContextKeyValues: [partition],
            },
          ],
        }),
      );
      return EvaluationResults?.[0]?.EvalDecision ?? 'nothing';
    },
    makeTrustingRole: async (RoleName, providerArn, subject) => {
      const issuer = providerArn.replace(/^.*:oidc-provider\//, '');
      const made = await iam.send(
        new CreateRoleCommand({
          RoleName,
          Description: 'droppod verify-aws: without rights, for a few minutes',
          AssumeRolePolicyDocument: JSON.stringify({
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Principal: { Federated: providerArn },
                Action: 'sts:AssumeRoleWithWebIdentity',
                Condition: { StringEquals: { [`${issuer}:sub`]: subject } },
              },
            ],
          }),
        }),
      );
      return made.Role?.Arn ?? '';
    },
    removeRole: async (RoleName) => {
      await iam.send(new DeleteRoleCommand({ RoleName }));
    },
    sessionFor: async (RoleArn, WebIdentityToken) => {
      const { AssumedRoleUser } = await new STSClient(options).send(
        new AssumeRoleWithWebIdentityCommand({
          RoleArn,
          RoleSessionName: 'droppod-verify',
          WebIdentityToken,
        }),
      );
      return AssumedRoleUser?.Arn ?? '';
    },
  };
}
