// The Lambda functions, one per file of functions/, with their URLs and environments.
import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { FunctionUrlAuthType, InvokeMode, type Function } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { NAMES, OPTIONAL_NAMES } from '../../src/aws/config.ts';
import { present } from '../../src/present.ts';
import { WATCH_MEMORY_MIB, type Architecture, type Choices } from '../choices.ts';
import { bundledFunction, type BundledFunctionProps } from './bundled-function.ts';
import type { Cluster } from './cluster.ts';
import { Distribution } from './distribution.ts';
import type { Network } from './network.ts';
import type { PodletImage } from './podlet-image.ts';
import { withStaticPods, type StaticPodFiles } from './static-pods.ts';
import type { DueTimes } from './stream.ts';

/** File names in functions/; the machine's `${BindPod}` is `bind-pod`. */
export const STEPS = ['bind-pod', 'launch-pod', 'start-container', 'finish-pod'] as const;
const REACTIONS = ['observe', 'sweep', 'reconcile'] as const;
/** `watch` exists if a distribution routes to it. */
const FRONTS = ['api', 'sync', 'watch'] as const;
/** The functions whose roles may read the keys that sign tokens. */
export const HOLDERS_OF_KEYS: readonly FunctionName[] = FRONTS;
/** Every function of the stack. */
export const FUNCTIONS = [...FRONTS, ...STEPS, ...REACTIONS] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

export interface FunctionsProps {
  table: TableV2;
  network: Network;
  cluster: Cluster;
  podlet: PodletImage;
  architectures: Architecture[];
  capacity: Choices['capacity'];
  machineName: string;
  /** Fixed, because the functions name the rule that targets one of them. */
  sweepRuleName: string;
  /** Fixed, because the function names itself as the target of its schedules. */
  reconcileName: string;
  dueTimes: DueTimes;
  /** Whether the front functions' URLs stream. */
  streaming: boolean;
  mirrors: Choices['mirrors'];
  staticPods?: StaticPodFiles;
  /** Whether streams have a function of their own, behind one address for both. */
  distribution: boolean;
  /** How many streams may be open at once; absent: the account's limit of functions. */
  watches?: number;
}

export class Functions extends Construct {
  readonly all: { readonly [Name in Exclude<FunctionName, 'watch'>]: Function } & {
    readonly watch?: Function;
  };
  /** The function's own URL, which is the issuer of tokens whatever is in front of it. */
  readonly apiUrl: string;
  /** The digest of the static pods' manifests; undefined: there are none. */
  readonly staticPods: string | undefined;
  /** The URL that clients and pods call. */
  readonly url: string;
  constructor(
    scope: Construct,
    id: string,
    private readonly props: FunctionsProps,
  ) {
    super(scope, id);
    this.staticPods = props.staticPods?.digest;
    // The fronts keep streams open for as long as Lambda allows. `sync` waits two seconds at most.
    const api = this.make('api', Duration.minutes(15), 1024);
    const sync = this.make('sync', Duration.seconds(30), 512);
    this.apiUrl = this.urlOf(api);
    const watch = props.distribution ? this.watch() : undefined;
    this.url =
      watch === undefined
        ? this.apiUrl
        : new Distribution(this, 'Front', { apiUrl: this.apiUrl, watchUrl: this.urlOf(watch) }).url;
    const rest = (
      name: Exclude<FunctionName, (typeof FRONTS)[number]>,
      functionName?: string,
    ): Function => this.make(name, Duration.minutes(2), 512, present({ functionName }));
    this.all = {
      api,
      sync,
      ...present({ watch }),
      'bind-pod': rest('bind-pod'),
      'launch-pod': rest('launch-pod'),
      'start-container': rest('start-container'),
      'finish-pod': rest('finish-pod'),
      observe: rest('observe'),
      sweep: rest('sweep'),
      reconcile: rest('reconcile', props.reconcileName),
    };
    if (Object.keys(props.mirrors).length > 0)
      this.all['bind-pod'].addEnvironment(OPTIONAL_NAMES.mirrors, JSON.stringify(props.mirrors));
    this.all['launch-pod'].addEnvironment(OPTIONAL_NAMES.syncUrl, this.urlOf(sync));
    const { group, role, targetArn } = props.dueTimes;
    this.all.reconcile.addEnvironment(OPTIONAL_NAMES.dueTarget, targetArn);
    this.all.reconcile.addEnvironment(OPTIONAL_NAMES.dueRole, role.roleArn);
    this.all.reconcile.addEnvironment(OPTIONAL_NAMES.dueGroup, group);
    this.addUrls();
  }

  /** The API's own URL cannot be in its environment (the URL depends on the function): it reads it from the request. */
  private addUrls(): void {
    const { api, watch, ...others } = this.all;
    watch?.addEnvironment(OPTIONAL_NAMES.apiUrl, this.apiUrl);
    for (const fn of Object.values(others)) fn.addEnvironment(OPTIONAL_NAMES.apiUrl, this.url);
    // Sync makes tokens for pods.
    if (this.url !== this.apiUrl) others.sync.addEnvironment(OPTIONAL_NAMES.issuerUrl, this.apiUrl);
  }

  private urlOf(front: Function): string {
    return front.addFunctionUrl({
      authType: FunctionUrlAuthType.NONE,
      invokeMode: this.props.streaming ? InvokeMode.RESPONSE_STREAM : InvokeMode.BUFFERED,
    }).url;
  }

  private watch(): Function {
    const { watches } = this.props;
    return this.make('watch', Duration.minutes(15), WATCH_MEMORY_MIB, {
      ...present({ reservedConcurrentExecutions: watches }),
    });
  }

  /** Adds variables to every function; these take precedence. */
  addEnvironment(variables: Record<string, string>): void {
    for (const fn of Object.values(this.all))
      for (const [name, value] of Object.entries(variables)) fn.addEnvironment(name, value);
  }

  private make(
    name: FunctionName,
    timeout: Duration,
    memorySize: number,
    more: Partial<BundledFunctionProps> = {},
  ): Function {
    const { table, network, cluster, podlet, machineName, sweepRuleName } = this.props;
    const { architectures, capacity, staticPods } = this.props;
    return bundledFunction(this, name, {
      timeout,
      memorySize,
      ...more,
      ...present({
        beside:
          name === 'reconcile' && staticPods !== undefined ? withStaticPods(staticPods) : undefined,
      }),
      environment: {
        [NAMES.table]: table.tableName,
        [NAMES.cluster]: cluster.name,
        [NAMES.stateMachineArn]: Stack.of(this).formatArn({
          service: 'states',
          resource: 'stateMachine',
          resourceName: machineName,
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
        [NAMES.subnets]: network.subnetIds,
        [NAMES.securityGroups]: network.pods.securityGroupId,
        [NAMES.logGroup]: cluster.logGroup.logGroupName,
        [NAMES.podletImage]: podlet.uri,
        [NAMES.executionRoleArn]: cluster.executionRole.roleArn,
        [NAMES.sweepRule]: sweepRuleName,
        [OPTIONAL_NAMES.architectures]: architectures.join(','),
        [OPTIONAL_NAMES.capacity]: capacity,
        ...present({
          [OPTIONAL_NAMES.staticPods]: staticPods?.digest,
          [OPTIONAL_NAMES.holdsKeys]: HOLDERS_OF_KEYS.includes(name) ? 'true' : undefined,
        }),
      },
    });
  }
}
