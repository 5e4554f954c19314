// Where tasks run: an ECS cluster on Fargate and Fargate Spot, the pods' log group, and the role that pulls images and writes logs.
import type { Stack } from 'aws-cdk-lib';
import { RemovalPolicy } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { Cluster as EcsCluster } from 'aws-cdk-lib/aws-ecs';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

export class Cluster extends Construct {
  readonly name: string;
  readonly arn: string;
  readonly logGroup: LogGroup;
  readonly executionRole: Role;
  constructor(scope: Construct, id: string, vpc: IVpc) {
    super(scope, id);
    const cluster = new EcsCluster(this, 'Cluster', { vpc, enableFargateCapacityProviders: true });
    this.name = cluster.clusterName;
    this.arn = cluster.clusterArn;
    this.logGroup = new LogGroup(this, 'Logs', {
      retention: RetentionDays.ONE_WEEK,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.executionRole = new Role(this, 'ExecutionRole', {
      assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com'),
      managedPolicies: [
        ManagedPolicy.fromAwsManagedPolicyName('service-role/AmazonECSTaskExecutionRolePolicy'),
      ],
    });
  }

  /** ARN pattern of the cluster's tasks. */
  taskArns(stack: Stack): string {
    return stack.formatArn({ service: 'ecs', resource: 'task', resourceName: `${this.name}/*` });
  }
}
