// DescribeTimeToLive: the setting that UpdateTimeToLive stored.
import type { Operation } from '../protocol.ts';
import type { DynamoContext } from './context.ts';
import { members } from './context.ts';
import { namedTable, ttlAttribute } from './time-to-live.ts';

/** ENABLED or DISABLED; the local engine changes at once, so never ENABLING. */
export const describeTimeToLive: Operation<DynamoContext> = async ({ store }, input) => {
  const attribute = await ttlAttribute(store, await namedTable(store, members(input)));
  return {
    TimeToLiveDescription:
      attribute === undefined
        ? { TimeToLiveStatus: 'DISABLED' }
        : { TimeToLiveStatus: 'ENABLED', AttributeName: attribute },
  };
};
