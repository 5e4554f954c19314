// The probe as a function of its own, bundled by the test as the functions of the stack are.
import { httpHandler } from '../../src/aws/http-handler.ts';
import { probe } from './front-probe.ts';

export const handler = httpHandler(probe);
