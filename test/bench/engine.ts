// The baseline: pause + one container started directly through the Engine API, the least that a kubelet's runtime would do.
import { request } from 'node:http';

const LABEL = 'droppod-bench';

export interface EngineCalls {
  call(method: string, path: string, body?: unknown): Promise<unknown>;
}

/** One call of the Engine API without keep-alive; rejects above 399. */
export function engineCall(socketPath: string): EngineCalls['call'] {
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const payload = body === undefined ? undefined : JSON.stringify(body);
      const sent = request(
        {
          socketPath,
          method,
          path,
          headers:
            payload === undefined
              ? {}
              : {
                  'content-type': 'application/json',
                  'content-length': Buffer.byteLength(payload),
                },
        },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            if ((answer.statusCode ?? 500) >= 400)
              return reject(new Error(`${method} ${path}: ${text}`));
            resolve(
              text.startsWith('{') || text.startsWith('[')
                ? JSON.parse(text)
                : Buffer.concat(chunks),
            );
          });
        },
      );
      sent.on('error', reject);
      sent.end(payload);
    });
}

export const COMMAND = ['sh', '-c', 'echo up; exec sleep 600'];

/** Milliseconds since the epoch of the first output line of a container, by the engine's own clock. */
export async function firstOutputAt(
  call: EngineCalls['call'],
  id: string,
  limitMs = 20_000,
): Promise<number> {
  for (const end = Date.now() + limitMs; Date.now() < end;) {
    const log = await call('GET', `/containers/${id}/logs?stdout=1&timestamps=1&tail=all`);
    const stamp = /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d+)Z/.exec(
      Buffer.isBuffer(log) ? log.toString('latin1') : '',
    );
    if (stamp) return Date.parse(`${stamp[1] ?? ''}Z`) + Number(`0.${stamp[2] ?? '0'}`) * 1000;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`container ${id} wrote nothing`);
}

/** CPU time of the container so far, in milliseconds. */
export async function cpuMs(call: EngineCalls['call'], id: string): Promise<number> {
  const { cpu_stats } = (await call(
    'GET',
    `/containers/${id}/stats?stream=false&one-shot=true`,
  )) as { cpu_stats: { cpu_usage: { total_usage: number } } };
  return cpu_stats.cpu_usage.total_usage / 1e6;
}

/** Starts pause + one container; `id` is the container's. */
export async function startRaw(
  call: EngineCalls['call'],
  image: string,
): Promise<{ id: string; pauseId: string; remove(): Promise<void> }> {
  const labels = { [LABEL]: '1' };
  const pause = (await call('POST', '/containers/create', {
    Image: image,
    Cmd: ['sleep', '600'],
    Labels: labels,
    StopSignal: 'SIGKILL',
  })) as { Id: string };
  await call('POST', `/containers/${pause.Id}/start`);
  const app = (await call('POST', '/containers/create', {
    Image: image,
    Cmd: COMMAND,
    Labels: labels,
    HostConfig: { NetworkMode: `container:${pause.Id}` },
  })) as { Id: string };
  await call('POST', `/containers/${app.Id}/start`);
  const remove = async (): Promise<void> => {
    for (const id of [app.Id, pause.Id]) await call('DELETE', `/containers/${id}?force=1&v=1`);
  };
  return { id: app.Id, pauseId: pause.Id, remove };
}

/** Milliseconds from nothing to the first line of the container's process; then removes both containers. */
export async function rawPod(call: EngineCalls['call'], image: string): Promise<number> {
  const began = preciseNow();
  const { id, remove } = await startRaw(call, image);
  const up = await firstOutputAt(call, id);
  await remove();
  return up - began;
}

/** Wall clock in ms with fractions, comparable to the engine's timestamps. */
export function preciseNow(): number {
  return performance.timeOrigin + performance.now();
}
