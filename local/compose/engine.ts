// ECS on this machine's Docker, with its data in an installation's directory.
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Level } from 'level';
import { systemClock } from '../../src/system-clock.ts';
import { levelKeyValue } from '../agent/key-value.ts';
import { createEngine, type Engine } from '../aws/create-engine.ts';
import { openDatabase } from '../database.ts';
import { connectDocker, dockerSocketPath } from '../docker/engine-api.ts';
import { ACCOUNT, REGION } from './account.ts';

export interface EngineOptions {
  directory: string;
  engineId: string;
  /** Where containers reach the tasks' metadata. */
  metadataHost: { address: string; port: number };
  acceptLoss?: boolean;
  beyondFargate?: boolean;
  onTaskChange: (detail: unknown) => void;
  log: (line: string) => void;
}

/** Opens the engine on the data of an earlier start, whose tasks it takes over. */
export async function openEngine({
  directory,
  acceptLoss = false,
  beyondFargate = false,
  ...options
}: EngineOptions): Promise<{ engine: Engine; closeEngine: () => Promise<void> }> {
  const level = new Level(join(directory, 'engine'));
  const data = await openDatabase(level, { acceptLoss });
  const docker = connectDocker(dockerSocketPath(process.env['DOCKER_HOST']));
  const logDirectory = join(directory, 'logs');
  mkdirSync(logDirectory, { recursive: true, mode: 0o700 });
  const engine = await createEngine({
    ...options,
    docker,
    store: levelKeyValue(level, data),
    clock: systemClock,
    uuid: randomUUID,
    account: ACCOUNT,
    region: REGION,
    logDirectory,
    concurrency: 2 * availableParallelism(),
    beyondFargate,
  });
  const closeEngine = async (): Promise<void> => {
    await engine.close();
    await data.close();
    docker.close();
  };
  return { engine, closeEngine };
}
