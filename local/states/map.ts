// The inline Map state: one iteration per item, outputs in the items' order.
import type { FanOutPhase } from './fan-out.ts';
import { fanOut } from './fan-out.ts';
import type { Json } from './json.ts';
import { leave } from './leave.ts';
import type { MapState, Outcome } from './machine.ts';
import { typeName, wholeNumber } from './number-field.ts';
import { expressionOf } from './template.ts';
import type { ThreadRun } from './thread-run.ts';

/** AWS runs at most this many iterations of an inline Map at once. */
const MAX_INLINE_CONCURRENCY = 40;

/** One attempt over all items. */
export async function map(run: ThreadRun, state: MapState): Promise<Outcome> {
  const { thread } = run;
  if (thread.phase.at !== 'fan-out') {
    thread.phase = await begin(run, state);
    run.draft('MapStateStarted', { length: thread.phase.count });
    await run.note();
  }
  const values = thread.phase.items ?? [];
  const outputs = await fanOut(run, thread.phase, {
    type: 'Map',
    flow: () => state.ItemProcessor,
    start: async (index) => {
      const element = { index, value: values[index] ?? null };
      const input =
        state.ItemSelector === undefined
          ? element.value
          : await run.evaluate(state.ItemSelector, 'ItemSelector', { element });
      return { input, item: element };
    },
  });
  run.draft('MapStateSucceeded', {}, { aside: true });
  return leave(run, state, outputs, { result: outputs });
}

async function begin(run: ThreadRun, state: MapState): Promise<FanOutPhase> {
  const values = await items(run, state);
  const concurrency = (await wholeNumber(run, state.MaxConcurrency, 'MaxConcurrency')) ?? 0;
  const count = (await wholeNumber(run, state.ToleratedFailureCount, 'ToleratedFailureCount')) ?? 0;
  const percentage =
    (await wholeNumber(run, state.ToleratedFailurePercentage, 'ToleratedFailurePercentage')) ?? 0;
  return {
    at: 'fan-out',
    count: values.length,
    concurrency: Math.min(concurrency || MAX_INLINE_CONCURRENCY, MAX_INLINE_CONCURRENCY),
    tolerated: Math.max(count, Math.floor((values.length * percentage) / 100)),
    items: values,
  };
}

async function items(run: ThreadRun, { Items }: MapState): Promise<Json[]> {
  const { input } = run.thread;
  if (Items === undefined) {
    if (Array.isArray(input)) return input;
    throw run.evaluationFailed(
      `Map state input must be an array but was: ${JSON.stringify(input)}`,
    );
  }
  const values = await run.evaluate(Items, 'Items');
  if (Array.isArray(values)) return values;
  const text = typeof Items === 'string' ? (expressionOf(Items) ?? Items) : JSON.stringify(Items);
  throw run.evaluationFailed(
    `The JSONata expression '${text}' specified for the field 'Items' returned an unexpected result type. Expected 'array', but was '${typeName(values)}' for value: ${JSON.stringify(values)}`,
    'Items',
  );
}
