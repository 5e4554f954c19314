// Where tasks run: an ECS cluster on Fargate, with Spot if chosen, the pods' log group, and the role that pulls images and writes logs.
import type { Stack } from 'aws-cdk-lib';
import { RemovalPolicy } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { Cluster as EcsCluster } from 'aws-cdk-lib/aws-ecs';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { present } from '../../src/present.ts';
import type { Choices } from '../choices.ts';

export class Cluster extends Construct {
  readonly name: string;
  readonly arn: string;
  readonly logGroup: LogGroup;
  readonly executionRole: Role;
  constructor(scope: Construct, id: string, vpc: IVpc, capacity: Choices['capacity']) {
    super(scope, id);
    // Nothing else waits for the account's ECS role, and a first deployment could otherwise use it before it exists.
    const cluster = new EcsCluster(this, 'Cluster', {
      vpc,
      ...present({ enableFargateCapacityProviders: capacity === 'spot' ? true : undefined }),
    });
    this.name = cluster.clusterName;
    this.arn = cluster.clusterArn;
    this.logGroup = new LogGroup(this, 'Logs', {
      retention: RetentionDays.ONE_WEEK,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.executionRole = new Role(this, 'ExecutionRole', {
      assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com'),
    });
    // AWS's managed policy for this role covers every log group and repository of the account; grants.ts names the repositories.
    this.logGroup.grantWrite(this.executionRole);
  }

  /** ARN pattern of the cluster's tasks. */
  taskArns(stack: Stack): string {
    return stack.formatArn({ service: 'ecs', resource: 'task', resourceName: `${this.name}/*` });
  }
}
