// SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat: answered only when the journal has what they brought.
import { present } from '../../../src/present.ts';
import type { TokenAnswer } from '../../states/interpreter.ts';
import type { Json } from '../../states/json.ts';
import type { Input } from '../input.ts';
import { asInput, refuseOthers, text } from '../input.ts';
import type { Operation } from '../protocol.ts';
import { AwsError } from '../protocol.ts';
import type { StatesContext } from './context.ts';
import { required } from './context.ts';

export const sendTaskSuccess: Operation<StatesContext> = async ({ interpreter }, body) => {
  const input = asInput(body);
  refuseOthers(input, ['taskToken', 'output'], 'ValidationException');
  const output = readOutput(input);
  return answered(await interpreter.answer(required(input, 'taskToken'), { output }));
};

export const sendTaskFailure: Operation<StatesContext> = async ({ interpreter }, body) => {
  const input = asInput(body);
  refuseOthers(input, ['taskToken', 'error', 'cause'], 'ValidationException');
  const [error, cause] = [text(input, 'error'), text(input, 'cause')];
  return answered(
    await interpreter.answer(required(input, 'taskToken'), {
      ...present({ error, cause }),
    }),
  );
};

export const sendTaskHeartbeat: Operation<StatesContext> = async ({ interpreter }, body) => {
  const input = asInput(body);
  refuseOthers(input, ['taskToken'], 'ValidationException');
  return answered(await interpreter.heartbeat(required(input, 'taskToken')));
};

function answered(answer: TokenAnswer): Json {
  switch (answer) {
    case 'answered':
      return {};
    case 'gone':
      throw new AwsError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
    case 'unknown':
      throw new AwsError('TaskDoesNotExist', "Task does not exist: 'Provided task does not exist'");
    case 'invalid':
      throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
  }
}

function readOutput(input: Input): Json {
  try {
    return JSON.parse(required(input, 'output'));
  } catch (error) {
    throw error instanceof AwsError
      ? error
      : new AwsError(
          'InvalidOutput',
          `Invalid Output: '${error instanceof Error ? error.message : String(error)}'`,
        );
  }
}
