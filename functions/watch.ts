// The API's streams (watches, followed logs) in a function of their own: api's code with a fraction of its memory, because a stream
// occupies an environment for as long as it is open.
import { watches } from '../src/api/serve.ts';
import { lambdaHttp } from '../src/aws/lambda/lambda.ts';

export const handler = lambdaHttp(watches);
