// The AWS account for the command line, which itself knows no SDK.
export { connectAccount, findRegion } from '../../src/aws/account.ts';
export type { Account, StackEvent, StackFacts, StackResource } from '../../src/aws/account.ts';
