// Public subnets with public addresses and no NAT: a gateway would cost more per hour than three small pods.
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
    // CDK was not compiled for exact optional properties: its own class does not fit its own interface.
    this.vpc = (
      vpcId === undefined ? ownNetwork(this) : Vpc.fromLookup(this, 'Vpc', { vpcId })
    ) as IVpc;
    this.pods = new SecurityGroup(this, 'Pods', {
      vpc: this.vpc,
      description: 'droppod pods: reach one another and the outside',
      allowAllOutbound: true,
    });
    // Pods talk to each other by pod IP on any port (features E10), nobody from outside may.
    this.pods.addIngressRule(this.pods, Port.allTraffic(), 'pod to pod');
  }

  /** Ids of the subnets that tasks are placed in, joined by commas. */
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
