// The API's streams (watches, followed logs) in a function of their own: the same code as api's with a fraction of its memory, since
// whoever watches holds an environment for as long as it watches.
import { watches } from '../src/api/serve.ts';
import { lambdaHttp } from '../src/aws/lambda.ts';

export const handler = lambdaHttp(watches);
