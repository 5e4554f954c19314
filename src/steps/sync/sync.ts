// The podlets' endpoint: POST a report, get the desired state. On AWS it has its own URL and concurrency.
import { parseAuthorization } from '../../auth/podlet-credential.ts';
import { syncPod } from './sync-pod.ts';
import type { SyncPorts } from './sync-pod.ts';
import { readWithin } from '../../read-within.ts';
import type { Refusal, Report } from '../../protocol/messages.ts';
import { parseReport } from '../../protocol/parse-report.ts';

const MAX_BYTES = 1 << 20;

/** Answers one report; a refusal, which makes the podlet leave, is named in its body. */
export async function sync(ports: SyncPorts, request: Request): Promise<Response> {
  const credential = parseAuthorization(request.headers.get('authorization'));
  if (request.method !== 'POST' || !credential)
    return request.method === 'POST' ? refusal(401) : new Response(null, { status: 405 });
  const report = await readReport(request);
  if (!report) return Response.json({ refused: 'this is no report of a podlet' }, { status: 400 });
  const answer = await syncPod(ports, credential, report, request.signal);
  if ('refused' in answer) return refusal(answer.refused);
  return Response.json(answer.desired);
}

const WHY = {
  401: 'This podlet has no credential of a pod',
  403: 'Another podlet has this pod',
  410: 'The pod is gone',
};

/** A refusal names itself in its body: any gateway in between could send the code alone. */
const refusal = (status: keyof typeof WHY): Response =>
  Response.json({ leave: { reason: WHY[status] } } satisfies Refusal, { status });

/** The report of a request; undefined: not a report, or longer than one may be. */
async function readReport(request: Request): Promise<Report | undefined> {
  const bytes = await readWithin(request, MAX_BYTES);
  return bytes && parseReport(Buffer.from(bytes).toString('utf8'));
}
