// One port for every AWS service: JSON services by their target, Lambda by its path.
import type { AwsJsonEndpoint } from './protocol.ts';

/** Asks the endpoints in turn; the first that knows the target answers. */
export function anyEndpoint(endpoints: readonly AwsJsonEndpoint[]): AwsJsonEndpoint {
  return async (request) => {
    for (const endpoint of endpoints) {
      const answer = await endpoint(request);
      if (answer) return answer;
    }
    return undefined;
  };
}

/** The handler of the port; `rest` answers what carries no target. */
export function awsFront(endpoint: AwsJsonEndpoint, rest: (request: Request) => Promise<Response | undefined>): (request: Request) => Promise<Response> {
  return async (request) => {
    const target = request.headers.get('x-amz-target');
    if (target === null) return (await rest(request)) ?? Response.json({ message: 'no AWS service is served at this path' }, { status: 404 });
    const answer = await endpoint({ target, body: Buffer.from(await request.arrayBuffer()) });
    if (!answer) return Response.json({ __type: 'UnknownOperationException', message: `${target} is not served by this endpoint` }, { status: 400 });
    return new Response(answer.body, { status: answer.status, headers: answer.headers });
  };
}
