// The stack: a list of constructs. Nothing in it costs by the hour (no NAT, no load balancer, no customer-managed key).
import { ArnFormat, CfnOutput, CfnResource, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { present } from '../src/present.ts';
import type { Architecture, Choices } from './choices.ts';
import { Access, type Principals } from './constructs/access.ts';
import { Alarms } from './constructs/alarms.ts';
import { Cluster } from './constructs/cluster.ts';
import { Functions } from './constructs/functions.ts';
import { grantLeast } from './constructs/grants.ts';
import { Issuer } from './constructs/issuer.ts';
import { Machine } from './constructs/machine.ts';
import { Network } from './constructs/network.ts';
import { PodletImage, type PodletSource } from './constructs/podlet-image.ts';
import { Rules } from './constructs/rules.ts';
import type { StaticPodFiles } from './constructs/static-pods.ts';
import { DueTimes, Stream } from './constructs/stream.ts';
import { ObjectTable } from './constructs/table.ts';

export interface DroppodProps extends StackProps {
  podlet: PodletSource;
  architectures: Architecture[];
  capacity: Choices['capacity'];
  /** A network of the user's own; its public subnets are used. */
  vpcId?: string;
  /** Who may log in besides the stack's two roles. */
  principals?: Principals;
  /** Whether AWS IAM trusts the API's tokens, so that pods can assume roles by service account. An emulator may lack the resource type. */
  oidcProvider?: boolean;
  /** Whether a CloudFront distribution stands in front of the API, and leads streams to a function of their own. */
  distribution?: boolean;
  /** How many streams may be open at once. */
  watches?: number;
  /** Whether there are alarms on droppod's own faults, and to which topic. */
  alarm?: NonNullable<Choices['alarm']>;
  /** Resource types that an emulator lacks. */
  without?: string[];
  /** Pods of files instead of the API. */
  staticPods?: StaticPodFiles;
  /** Whether function URLs stream. */
  streaming?: boolean;
  /** Where to look first for a registry's images. */
  mirrors?: Choices['mirrors'];
  /** Variables for all functions; these take precedence. */
  environment?: Record<string, string>;
}

export class DroppodStack extends Stack {
  constructor(scope: Construct, id: string, props: DroppodProps) {
    super(scope, id, props);
    const { table } = new ObjectTable(this, 'Objects');
    const network = new Network(this, 'Network', props.vpcId);
    const cluster = new Cluster(this, 'Cluster', network.vpc, props.capacity);
    const podlet = new PodletImage(this, 'Podlet', props.podlet);
    const mirrors = props.mirrors ?? {};
    const machineName = `${this.stackName}-pod`;
    const sweepRuleName = `${this.stackName}-sweep`;
    const reconcileName = `${this.stackName}-reconcile`;
    const dueTimes = new DueTimes(this, 'DueTimes', {
      group: `${this.stackName}-due`,
      targetArn: this.formatArn({
        service: 'lambda',
        resource: 'function',
        resourceName: reconcileName,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    });
    const functions = new Functions(this, 'Functions', {
      table,
      network,
      cluster,
      podlet,
      architectures: props.architectures,
      capacity: props.capacity,
      machineName,
      sweepRuleName,
      reconcileName,
      dueTimes,
      streaming: props.streaming ?? true,
      mirrors,
      ...present({ staticPods: props.staticPods }),
      distribution: props.distribution ?? true,
      ...present({ watches: props.watches }),
    });
    const machine = new Machine(this, 'Machine', { name: machineName, functions });
    new Rules(this, 'Rules', { cluster, machine, functions, sweepRuleName });
    if (props.alarm !== undefined)
      new Alarms(this, 'Alarms', {
        machine,
        functions,
        ...(props.alarm === true ? {} : props.alarm),
      });
    new Stream(this, 'Stream', { table, target: functions.all.reconcile });
    grantLeast(this, { table, cluster, machineName, functions, sweepRuleName, dueTimes, mirrors });

    const access = new Access(this, 'Access', { functions, principals: props.principals ?? {} });

    const issuer =
      (props.oidcProvider ?? true) ? new Issuer(this, 'Issuer', functions.apiUrl) : undefined;
    addOutputs(this, { functions, access, issuer, machine, cluster });
    functions.addEnvironment(props.environment ?? {});
    leaveOut(this, props.without ?? []);
  }
}

/** What a deployment prints, and `droppod deploy` and `destroy` read. */
function addOutputs(
  stack: Stack,
  {
    functions,
    access,
    issuer,
    machine,
    cluster,
  }: {
    functions: Functions;
    access: Access;
    issuer: Issuer | undefined;
    machine: Machine;
    cluster: Cluster;
  },
): void {
  const output = (name: string, value: string, description?: string): void => {
    new CfnOutput(stack, name, { value, ...present({ description: description || undefined }) });
  };
  output('ApiUrl', functions.url, 'server of a kubeconfig');
  output('ClusterId', access.clusterId, 'what aws eks get-token --cluster-name is given');
  output('AdministratorRoleArn', access.administrator.roleArn, 'assume it to do everything');
  output(
    'ViewerRoleArn',
    access.viewer.roleArn,
    'assume it to read (the role view of Kubernetes: no secrets)',
  );
  output('Kubeconfig', access.kubeconfigCommand(functions.url), 'run it to use the API');
  if (issuer !== undefined)
    output(
      'OidcProviderArn',
      issuer.providerArn,
      'whom a role trusts that a service account names',
    );
  output('StateMachine', machine.arn);
  output('ClusterName', cluster.name);
}

/** An emulator would refuse the whole stack for a resource type that it does not know. */
function leaveOut(stack: Stack, types: string[]): void {
  for (const resource of stack.node.findAll())
    if (CfnResource.isCfnResource(resource) && types.includes(resource.cfnResourceType))
      resource.node.scope?.node.tryRemoveChild(resource.node.id);
}
