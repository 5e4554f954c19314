// Whatever fails inside the podlet is reported, in the log and as an event, and its loop goes on.
import { describe, expect, it } from 'vitest';
import { AgentBench } from '../bench-agent.ts';

const faulty = async (
  options: Partial<ConstructorParameters<typeof AgentBench>[0]> = {},
): Promise<{ bench: AgentBench; faults: string[] }> => {
  const faults: string[] = [];
  const bench = await new AgentBench({
    containers: ['a'],
    fault: (message) => faults.push(message),
    ...options,
  }).begin();
  return { bench, faults };
};
const HTTP = { httpGet: { port: 80, path: '/', scheme: 'HTTP' as const, headers: [] } };
const probe = {
  handler: HTTP,
  initialDelaySeconds: 0,
  periodSeconds: 1,
  timeoutSeconds: 1,
  successThreshold: 1,
  failureThreshold: 3,
  killSuffix: '',
};

describe('the podlet goes on', () => {
  it('where a prober throws: the attempt counts for nothing, and is an event', async () => {
    const { bench, faults } = await faulty({
      probe: () => {
        throw new Error('the prober broke');
      },
    });
    await bench.startContainer('a', { readiness: probe });
    await bench.clock.advance(5_000);
    expect(bench.last.containers.a?.run).toMatchObject({ run: 1, ready: false });
    expect(bench.events.map(({ message }) => message)).toContain(
      'Readiness probe errored and resulted in unknown state: the prober broke',
    );
    expect(faults).toEqual([]);
  });

  it('where its disk is full: nothing can be remembered, containers start all the same', async () => {
    const { bench, faults } = await faulty({
      save: () => {
        throw new Error('ENOSPC: no space left on device');
      },
    });
    await bench.startContainer('a');
    await bench.clock.advance(2_000);
    expect(bench.last.containers.a?.run).toMatchObject({ run: 1, ready: true });
    expect(faults).toContain('memory: ENOSPC: no space left on device');
    expect(bench.events.map(({ reason, message }) => `${reason} ${message}`)).toContain(
      'PodletFault memory: ENOSPC: no space left on device',
    );
  });

  it('where sizes of volumes cannot be measured', async () => {
    const { bench, faults } = await faulty({
      volumes: { usedBytes: () => Promise.reject(new Error('no such volume')) },
    });
    await bench.want((desired) => {
      desired.volumes = { v: { version: '1', emptyDir: true, sizeLimit: { bytes: 1, text: '1' } } };
    });
    await bench.clock.advance(25_000);
    expect(faults).toEqual([
      'sizes of volumes: no such volume',
      'sizes of volumes: no such volume',
    ]);
    await bench.startContainer('a');
    await bench.clock.advance(2_000);
    expect(bench.last.containers.a?.run).toMatchObject({ run: 1 });
  });

  it('where files of variables cannot be read: the start is tried again', async () => {
    const { bench, faults } = await faulty({
      volumes: { read: () => Promise.reject(new Error('EIO')) },
    });
    await bench.startContainer('a', {
      fileVariables: [
        {
          placeholder: '\u00000\u0000',
          name: 'X',
          volume: 'v',
          path: 'env',
          key: 'X',
          optional: false,
        },
      ],
    });
    await bench.clock.advance(2_000);
    expect(bench.last.containers.a?.waiting).toMatchObject({
      reason: 'CreateContainerConfigError',
      message: 'EIO',
    });
    expect(faults).toEqual([]);
  });

  it('where an answer of the API cannot be taken: the next one is', async () => {
    const { bench, faults } = await faulty();
    await bench.want((desired) => {
      desired.sessions = [{ id: 's', url: 'x', container: 'a', kind: 'exec' }];
      bench.openSession = () => {
        throw new Error('no session');
      };
    });
    await bench.clock.advance(2_000);
    expect(faults).toEqual(['an answer of the API: no session']);
    await bench.startContainer('a');
    await bench.clock.advance(2_000);
    expect(bench.last.containers.a?.run).toMatchObject({ run: 1 });
  });
});

it("more events than a report carries follow once these are stored, each cut to an event's length", async () => {
  const { bench } = await faulty({ probe: () => ({ success: false, text: 'y'.repeat(20_000) }) });
  await bench.startContainer('a', { readiness: probe });
  bench.api = 'down';
  await bench.clock.advance(120_000);
  bench.api = 'up';
  await bench.clock.advance(150_000);
  expect(Math.max(...bench.reports.map(({ report }) => report.events.length))).toBeLessThanOrEqual(
    50,
  );
  expect(
    Math.max(...bench.reports.map(({ report }) => JSON.stringify(report).length)),
  ).toBeLessThan(100_000);
  expect(bench.events.length).toBeGreaterThan(100);
});

it('a podlet that was started again says how the one before ended', async () => {
  const bench = await new AgentBench({
    containers: ['a'],
    restarted: "The podlet's process ended unexpectedly (out of memory) and was started again",
  }).begin();
  await bench.clock.advance(1_000);
  expect(bench.events).toMatchObject([
    {
      type: 'Warning',
      reason: 'PodletRestarted',
      message: "The podlet's process ended unexpectedly (out of memory) and was started again",
    },
  ]);
});
