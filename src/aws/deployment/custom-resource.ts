// The handler of a CloudFormation custom resource: always responds to the event's URL, or the stack would wait for its time-out.
import { faultMembers } from '../../ports/log.ts';
import { environmentLog } from '../lambda/environment-log.ts';
import type { Clock } from '../../ports/clock.ts';
import { systemClock } from '../../system-clock.ts';

/** CloudFormation's event, as far as it is used. */
export interface ResourceEvent {
  RequestType: 'Create' | 'Update' | 'Delete';
  ResponseURL: string;
  StackId: string;
  RequestId: string;
  LogicalResourceId: string;
  PhysicalResourceId?: string;
  ResourceProperties: unknown;
}

export interface ResourceOutcome {
  /** Constant for the life of the resource: a new value makes CloudFormation delete the old resource. */
  id: string;
  /** Values for `Fn::GetAtt`. */
  attributes: Record<string, string>;
}

interface Tools {
  fetch: typeof fetch;
  clock: Pick<Clock, 'sleep'>;
}

/** CloudFormation accepts 4096 bytes in all. */
const MAX_REASON = 1_000;
const ANSWER_TRIES = 5;
const ANSWER_WAIT_MS = 1_000;

/** A handler that runs `put` for Create and Update; Delete needs nothing, as the content goes with its repository. */
export const customResource =
  (
    put: (properties: unknown) => Promise<ResourceOutcome>,
    tools: Tools = { fetch, clock: systemClock },
  ) =>
  async (event: ResourceEvent): Promise<void> => {
    const id = event.PhysicalResourceId ?? event.LogicalResourceId;
    const outcome =
      event.RequestType === 'Delete'
        ? { Status: 'SUCCESS', PhysicalResourceId: id }
        : await put(event.ResourceProperties).then(
            (done) => ({
              Status: 'SUCCESS',
              PhysicalResourceId: done.id,
              Data: done.attributes,
            }),
            (error: unknown) => {
              environmentLog('error', 'custom resource failed', faultMembers(error));
              const why = error instanceof Error ? error.message : String(error);
              return {
                Status: 'FAILED',
                PhysicalResourceId: id,
                Reason: why.slice(0, MAX_REASON),
              };
            },
          );
    await answer(tools, event, outcome);
  };

async function answer(tools: Tools, event: ResourceEvent, outcome: object): Promise<void> {
  const { StackId, RequestId, LogicalResourceId } = event;
  const body = JSON.stringify({ ...outcome, StackId, RequestId, LogicalResourceId });
  for (let attempt = 1; ; attempt += 1) {
    const status = await tools
      // The URL is signed for a request without a content type.
      .fetch(event.ResponseURL, { method: 'PUT', body, headers: { 'content-type': '' } })
      .then(
        ({ ok, status: code }) => (ok ? 'taken' : String(code)),
        (error: unknown) => String(error),
      );
    if (status === 'taken') return;
    if (attempt === ANSWER_TRIES)
      throw new Error(`CloudFormation did not take the answer: ${status}`);
    await tools.clock.sleep(ANSWER_WAIT_MS * 2 ** (attempt - 1));
  }
}
