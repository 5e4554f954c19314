// The podlets' door: POST a report, get what should be so. Its own URL and concurrency on AWS; no other caller has a credential for it.
import { lambdaHttp } from '../src/aws/lambda.ts';
import { parseAuthorization } from '../src/lifecycle/podlet-credential.ts';
import { syncPod } from '../src/lifecycle/sync-pod.ts';
import type { SyncPorts } from '../src/lifecycle/sync-pod.ts';
import { readWithin } from '../src/read-within.ts';
import type { Report } from '../src/sync/messages.ts';
import { parseReport } from '../src/sync/parse-report.ts';

const MAX_BYTES = 1 << 20;

/** Answers one report; 401, 403 and 410 tell the podlet to leave. */
export async function sync(ports: SyncPorts, request: Request): Promise<Response> {
  const credential = parseAuthorization(request.headers.get('authorization'));
  if (request.method !== 'POST' || !credential) return new Response(null, { status: request.method === 'POST' ? 401 : 405 });
  const report = await readReport(request);
  if (!report) return Response.json({ refused: 'this is no report of a podlet' }, { status: 400 });
  const answer = await syncPod(ports, credential, report, request.signal);
  if ('refused' in answer) return new Response(null, { status: answer.refused });
  return Response.json(answer.desired);
}

/** Not more of a body than a report may have is read. */
async function readReport(request: Request): Promise<Report | undefined> {
  const bytes = await readWithin(request, MAX_BYTES);
  return bytes && parseReport(Buffer.from(bytes).toString('utf8'));
}

export const handler = lambdaHttp(sync);
