// The target of one's own: DROPPOD_LOCALSTACK_ENDPOINT is used as it is, stays when the tests end, and must answer.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTarget, type Target } from './target.ts';

const NAME = 'DROPPOD_LOCALSTACK_ENDPOINT';
const before = process.env[NAME];
const directory = mkdtempSync(join(tmpdir(), 'droppod-target-'));
const say = (line: string): void => console.log(line);

const health = (endpoint: string): Promise<boolean> =>
  fetch(`${endpoint}/_localstack/health`).then(
    ({ ok }) => ok,
    () => false,
  );

describe.skipIf(process.env['DROPPOD_LOCALSTACK'] === 'off')('a target', () => {
  let started: Target;
  beforeAll(async () => {
    delete process.env[NAME];
    started = await openTarget(directory, say);
  });
  afterAll(async () => {
    if (before === undefined) delete process.env[NAME];
    else process.env[NAME] = before;
    await started.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('of one’s own is used and stays; one that was started ends', async () => {
    process.env[NAME] = `${started.endpoint}/`;
    const given = await openTarget(directory, say);
    expect(given).toMatchObject({ endpoint: started.endpoint, outlives: true });
    await given.close();
    expect(await health(started.endpoint)).toBe(true);
    expect(started.outlives).toBe(false);
    await started.close();
    expect(await health(started.endpoint)).toBe(false);
  });

  it('that does not answer is an error: nothing is skipped', async () => {
    await started.close();
    process.env[NAME] = started.endpoint;
    await expect(openTarget(directory, say)).rejects.toThrow('nothing answers there');
  });
});
