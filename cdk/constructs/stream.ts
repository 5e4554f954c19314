// What wakes the controllers: changes in the table's stream that are marked for them, and one-off schedules for due times.
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  EventSourceMapping,
  FilterCriteria,
  FilterRule,
  StartingPosition,
  type IFunction,
} from 'aws-cdk-lib/aws-lambda';
import { CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';

/** Attribute of log entries that wake a controller (src/store/log.ts). */
const WAKES = { dynamodb: { NewImage: { wakes: { BOOL: [true] } } } };

export class Stream extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { table, target }: { table: TableV2; target: IFunction },
  ) {
    super(scope, id);
    new EventSourceMapping(this, 'Changes', {
      target,
      eventSourceArn: table.tableStreamArn ?? '',
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      // One unreadable change must not block the others; the sweep looks at everything again.
      bisectBatchOnError: true,
      retryAttempts: 5,
      maxRecordAge: Duration.hours(1),
      filters: [FilterCriteria.filter({ eventName: FilterRule.isEqual('INSERT'), ...WAKES })],
    });
  }
}

/** The group of due-time schedules, and the role with which they may invoke this one function. */
export class DueTimes extends Construct {
  readonly group: string;
  readonly role: Role;
  readonly targetArn: string;
  constructor(
    scope: Construct,
    id: string,
    { group, targetArn }: { group: string; targetArn: string },
  ) {
    super(scope, id);
    this.group = group;
    this.targetArn = targetArn;
    new CfnScheduleGroup(this, 'Group', { name: group });
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com'),
      inlinePolicies: {
        Invoke: new PolicyDocument({
          statements: [
            new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [targetArn] }),
          ],
        }),
      },
    });
  }
}
