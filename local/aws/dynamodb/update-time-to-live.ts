// UpdateTimeToLive: switches the deletion of expired items on or off.
import type { Operation } from '../protocol.ts';
import type { DynamoContext } from './context.ts';
import { members, validationError } from './context.ts';
import { namedTable, setTtlAttribute, ttlAttribute } from './time-to-live.ts';

/** Enabling what is enabled, or disabling what is not, is refused as AWS does. */
export const updateTimeToLive: Operation<DynamoContext> = async ({ store }, input) => {
  const given = members(input);
  const table = await namedTable(store, given);
  const { AttributeName: attribute, Enabled: enabled } = members(given.TimeToLiveSpecification);
  if (typeof attribute !== 'string' || typeof enabled !== 'boolean')
    throw validationError('TimeToLiveSpecification needs AttributeName and Enabled');
  const now = await ttlAttribute(store, table);
  if (enabled && now !== undefined) throw validationError('TimeToLive is already enabled');
  if (!enabled && now === undefined) throw validationError('TimeToLive is already disabled');
  if (!enabled && now !== attribute)
    throw validationError(
      `TimeToLive is active on a different AttributeName: current AttributeName is ${now}`,
    );
  await setTtlAttribute(store, table, enabled ? attribute : undefined);
  return { TimeToLiveSpecification: { AttributeName: attribute, Enabled: enabled } };
};
