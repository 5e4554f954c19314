// The AWS account for the command line, which does not import the SDK itself.
export { connectAccount, findRegion } from '../../src/aws/account/account.ts';
export type {
  Account,
  StackEvent,
  StackFacts,
  StackResource,
} from '../../src/aws/account/account.ts';
export { connectEvidence } from '../../src/aws/account/evidence.ts';
export type { AwsEvidence, SeenTask } from '../../src/aws/account/evidence.ts';
