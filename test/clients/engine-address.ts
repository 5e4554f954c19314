// Where containers reach this machine.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The gateway of the engine's bridge: what listens on all addresses here answers there. */
export async function engineAddress(): Promise<string> {
  const format = '{{ (index .IPAM.Config 0).Gateway }}';
  const words = ['network', 'inspect', 'bridge', '--format', format];
  return (await promisify(execFile)('docker', words)).stdout.trim();
}
