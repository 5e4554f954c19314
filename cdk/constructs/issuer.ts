// AWS IAM trusts the API as an issuer of tokens: a role whose trust policy names a service account opens for that account's pods.
import { Fn } from 'aws-cdk-lib';
import { CfnOIDCProvider } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

export class Issuer extends Construct {
  readonly providerArn: string;
  constructor(scope: Construct, id: string, apiUrl: string) {
    super(scope, id);
    // The issuer is the URL without the slash that a function URL ends with (src/auth/service-account-tokens.ts).
    const host = Fn.select(2, Fn.split('/', apiUrl));
    this.providerArn = new CfnOIDCProvider(this, 'Provider', {
      url: `https://${host}`,
      clientIdList: ['sts.amazonaws.com'],
    }).attrArn;
  }
}
