// Makes AWS IAM trust the API as an issuer of tokens: pods can assume a role whose trust policy names their service account.
import { Fn } from 'aws-cdk-lib';
import { CfnOIDCProvider } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

export class Issuer extends Construct {
  readonly providerArn: string;
  constructor(scope: Construct, id: string, apiUrl: string) {
    super(scope, id);
    // The issuer is the function URL without its trailing slash (src/auth/service-account-tokens.ts).
    const host = Fn.select(2, Fn.split('/', apiUrl));
    this.providerArn = new CfnOIDCProvider(this, 'Provider', {
      url: `https://${host}`,
      clientIdList: ['sts.amazonaws.com'],
    }).attrArn;
  }
}
