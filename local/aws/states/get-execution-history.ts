// GetExecutionHistory: the interpreter's events in the wire's form, where each type has its own details member.
import { setOwn } from '../../../src/own.ts';
import { present } from '../../../src/present.ts';
import type { HistoryEvent } from '../../states/history.ts';
import type { Json, JsonObject } from '../../states/json.ts';
import { isObject } from '../../states/json.ts';
import { asInput, flag, refuseOthers } from '../input.ts';
import type { Operation } from '../protocol.ts';
import type { StatesContext } from './context.ts';
import { executionKey, executionMissing, required, seconds } from './context.ts';
import { page } from './pages.ts';

export const getExecutionHistory: Operation<StatesContext> = async (context, body) => {
  const input = asInput(body);
  refuseOthers(
    input,
    ['executionArn', 'includeExecutionData', 'maxResults', 'nextToken', 'reverseOrder'],
    'ValidationException',
  );
  const arn = required(input, 'executionArn');
  const events = await context.interpreter.history(executionKey(arn));
  if (events.length === 0) throw executionMissing(arn);
  if (flag(input, 'reverseOrder')) events.reverse();
  const { entries, ...next } = page(input, events);
  const withData = flag(input, 'includeExecutionData') ?? true;
  return { events: entries.map((event) => toWire(event, context.region, withData)), ...next };
};

/** Details that are data of the execution; JSON in a string on the wire. */
const DATA = ['input', 'output', 'parameters'];

function toWire(
  { id, previousEventId, at, type, details }: HistoryEvent,
  region: string,
  withData: boolean,
): JsonObject {
  const member = detailsMember(type);
  const hasDetails = Object.keys(details).length > 0 || type.startsWith('Execution');
  return {
    timestamp: seconds(at),
    type,
    id,
    previousEventId,
    ...present({ [member]: hasDetails ? wireDetails(type, details, region, withData) : undefined }),
  };
}

function detailsMember(type: string): string {
  if (type.endsWith('StateEntered')) return 'stateEnteredEventDetails';
  if (type.endsWith('StateExited')) return 'stateExitedEventDetails';
  return `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`;
}

function wireDetails(
  type: string,
  details: JsonObject,
  region: string,
  withData: boolean,
): JsonObject {
  const wire: JsonObject = type === 'TaskScheduled' ? { region } : {};
  for (const [name, value = null] of Object.entries(details)) {
    if (name === 'assignedVariables') Object.assign(wire, withData ? variables(value) : {});
    else if (!DATA.includes(name)) setOwn(wire, name, value);
    else if (withData)
      Object.assign(wire, {
        [name]: JSON.stringify(value),
        ...present({
          [`${name}Details`]: name === 'parameters' ? undefined : { truncated: false },
        }),
      });
  }
  return wire;
}

function variables(assigned: Json): JsonObject {
  const texts = Object.entries(isObject(assigned) ? assigned : {}).map(([name, value]) => [
    name,
    JSON.stringify(value),
  ]);
  return {
    assignedVariables: Object.fromEntries(texts),
    assignedVariablesDetails: { truncated: false },
  };
}
