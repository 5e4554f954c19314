// Alarms on droppod's own faults: none unless the deployment asks for them, since each is billed while nothing runs.
import { Match, Template } from 'aws-cdk-lib/assertions';
import { expect, it } from 'vitest';
import { readChoices, type Choices } from '../../cdk/choices.ts';
import { present } from '../../src/present.ts';
import { testStack } from './stack.ts';

const TOPIC = 'arn:aws:sns:us-east-1:000000000000:oncall';
const chosen = (alarm: string): NonNullable<Choices['alarm']> =>
  readChoices((name) => (name === 'alarm' ? alarm : undefined)).alarm!;
const template = (alarm?: NonNullable<Choices['alarm']>): Template =>
  Template.fromStack(testStack({ context: { 'aws:cdk:bundling-stacks': [] } }, present({ alarm })));

it('R5: there is none by default', () => {
  template().resourceCountIs('AWS::CloudWatch::Alarm', 0);
});

it('an execution that fails by an error of droppod raises one, and so do a failed sweep and failed controllers', () => {
  const all = template(chosen(TOPIC));
  const once = { Threshold: 1, EvaluationPeriods: 1, TreatMissingData: 'notBreaching' };
  all.hasResourceProperties('AWS::CloudWatch::Alarm', {
    ...once,
    Namespace: 'AWS/States',
    MetricName: 'ExecutionsFailed',
    Dimensions: [Match.objectLike({ Name: 'StateMachineArn' })],
    AlarmActions: [TOPIC],
  });
  all.resourcePropertiesCountIs(
    'AWS::CloudWatch::Alarm',
    { ...once, Namespace: 'AWS/Lambda', MetricName: 'Errors', AlarmActions: [TOPIC] },
    2,
  );
});

it('without a topic they are shown and nobody is called', () => {
  const alarms = template(chosen('true')).findResources('AWS::CloudWatch::Alarm');
  expect(
    Object.values(alarms).map(({ Properties }: { Properties?: object }) => Properties),
  ).toEqual(
    Array.from(
      { length: 3 },
      () => expect.not.objectContaining({ AlarmActions: expect.anything() as unknown }) as unknown,
    ),
  );
});

it('what is no topic is refused', () =>
  expect(() => chosen('me@example.org')).toThrow('alarm=me@example.org does not fit'));
