// The endpoint without a socket: a request handler that an SDK client takes as `requestHandler`.
import type { AwsJsonEndpoint } from '../protocol.ts';

/** How the targets of DynamoDB's operations begin. */
export const DYNAMODB_TARGET = 'DynamoDB_20120810.';

/** The part of an SDK's HTTP request that the endpoint reads. */
interface HandledRequest {
  headers: Record<string, string>;
  body?: unknown;
}

/** What the SDK asks of a request handler. */
export interface InProcessHandler {
  handle(request: HandledRequest): Promise<{
    response: { statusCode: number; headers: Record<string, string>; body: Uint8Array };
  }>;
  destroy(): void;
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): Record<string, never>;
}

/** Carries the SDK's requests to `endpoint` in this process. */
export function inProcessHandler(endpoint: AwsJsonEndpoint): InProcessHandler {
  return {
    async handle({ headers, body }) {
      const target = headers['x-amz-target'] ?? headers['X-Amz-Target'] ?? '';
      const answer = await endpoint({ target, body: toBuffer(body) });
      if (answer === undefined)
        return { response: { statusCode: 404, headers: {}, body: Buffer.from('{}') } };
      return {
        response: {
          statusCode: answer.status,
          headers: answer.headers,
          body: Buffer.from(answer.body),
        },
      };
    },
    destroy: () => undefined,
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
}

function toBuffer(body: unknown): Buffer {
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return Buffer.from(typeof body === 'string' ? body : '');
}
