// Public subnets with public addresses and no NAT: a NAT gateway would cost more per hour than three small pods.
import {
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
  type ISecurityGroup,
  type IVpc,
} from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';

export class Network extends Construct {
  readonly vpc: IVpc;
  readonly pods: ISecurityGroup;
  constructor(scope: Construct, id: string, vpcId: string | undefined) {
    super(scope, id);
    // The CDK is not compiled for exact optional properties: its own class does not fit its interface.
    this.vpc = (
      vpcId === undefined ? ownNetwork(this) : Vpc.fromLookup(this, 'Vpc', { vpcId })
    ) as IVpc;
    this.pods = new SecurityGroup(this, 'Pods', {
      vpc: this.vpc,
      description: 'droppod pods: reach one another and the outside',
      allowAllOutbound: true,
    });
    // Pods reach each other by pod IP on any port (features E10); nothing from outside does.
    this.pods.addIngressRule(this.pods, Port.allTraffic(), 'pod to pod');
  }

  /** Ids of the subnets that tasks run in, separated by commas. */
  get subnetIds(): string {
    return this.vpc.selectSubnets({ subnetType: SubnetType.PUBLIC }).subnetIds.join(',');
  }
}

function ownNetwork(scope: Construct): Vpc {
  return new Vpc(scope, 'Vpc', {
    maxAzs: 2,
    natGateways: 0,
    restrictDefaultSecurityGroup: false,
    subnetConfiguration: [
      { name: 'pods', subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: true },
    ],
  });
}
