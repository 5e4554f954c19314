// The program supervise for tests of what calls it; one that runs on Bun is given it (on-bun.test.ts).
import { buildSupervise, hostArchitecture } from '../../podlet/image/build.ts';

export const supervise =
  process.env['DROPPOD_TEST_SUPERVISE'] ?? (await buildSupervise(hostArchitecture()));
