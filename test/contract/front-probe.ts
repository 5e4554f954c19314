// Responds with each form that a front must support, as the request demands: the same code in this process, behind the local server,
// and as a function.
import { createHash } from 'node:crypto';

export const TYPE_OF_THE_PROBE = 'application/json;g=front.contract;v=v1';
const KIB_64 = new Uint8Array(64 * 1024).map((_, at) => at * 31);

/** The digest of a body of so many bytes, as the probe sends it. */
export function digestOf(bytes: number): string {
  const hash = createHash('sha256');
  for (let left = bytes; left > 0; left -= KIB_64.length) hash.update(KIB_64.subarray(0, left));
  return hash.digest('hex');
}

const bytesBody = (bytes: number): ReadableStream<Uint8Array> => {
  let left = bytes;
  return new ReadableStream({
    pull(controller) {
      if (left === 0) return controller.close();
      const piece = KIB_64.slice(0, left);
      left -= piece.length;
      controller.enqueue(piece);
    },
  });
};

/** The given number of lines, each released by the test's gate. */
function lines(gate: string, times: number, signal: AbortSignal): ReadableStream<Uint8Array> {
  let line = 0;
  return new ReadableStream(
    {
      async pull(controller) {
        await fetch(`${gate}/${line}`, { signal }).catch(() => undefined);
        if (signal.aborted || line === times) return controller.close();
        controller.enqueue(Buffer.from(`line ${line++}\n`));
      },
    },
    { highWaterMark: 0 },
  );
}

function broken(): ReadableStream<Uint8Array> {
  let pulls = 0;
  return new ReadableStream({
    pull(controller) {
      if (pulls++ === 0) controller.enqueue(Buffer.from('half'));
      else controller.error(new Error('the body broke'));
    },
  });
}

const pathOf = (path: string): { name: string; value: number } => {
  const [, name = '', value = '0'] = path.split('/');
  return { name, value: Number(value) };
};

/** `/status/N`, `/empty/N` (without a body), `/bytes/N`, `/lines/N?gate=URL`, `/echo`, `/length`, `/throw`, `/break`. */
export async function probe(request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const { name, value } = pathOf(pathname);
  const headers = { 'content-type': TYPE_OF_THE_PROBE, etag: '"1"', location: '/elsewhere' };
  switch (name) {
    case 'status':
      return new Response(JSON.stringify({ code: value }), { status: value, headers });
    case 'empty':
      return new Response(null, { status: value, headers });
    case 'bytes':
      return new Response(bytesBody(value), { headers });
    case 'lines':
      return new Response(lines(searchParams.get('gate') ?? '', value, request.signal), {
        headers,
      });
    case 'echo':
      return Response.json({
        method: request.method,
        query: searchParams.getAll('q'),
        header: request.headers.get('x-front'),
        body: await request.text(),
      });
    case 'length':
      return Response.json({ bytes: (await request.arrayBuffer()).byteLength });
    case 'break':
      return new Response(broken(), { headers });
    default:
      throw new Error('the probe throws');
  }
}
