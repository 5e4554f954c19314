// Commands that run inside containers for probes and hooks: sent to supervise with an id, completed by its `done`.
import type { ExecDone } from './messages.ts';
import type { Supervisors } from './ports.ts';

export class Commands {
  private count = 0;
  private readonly waiting = new Map<
    string,
    { container: string; resolve: (done: ExecDone) => void }
  >();
  constructor(private readonly supervisors: Supervisors) {}

  /** Runs argv as the container's user; `timeoutMs` 0: no limit. Never throws: a lost supervisor is an error in the result. */
  run(container: string, argv: string[], timeoutMs: number): Promise<ExecDone> {
    this.count += 1;
    const id = `x${this.count}`;
    return new Promise((resolve) => {
      this.waiting.set(id, { container, resolve });
      this.supervisors.send(container, { type: 'exec', id, argv, timeoutMs });
    });
  }

  /** A command ended. */
  finish(done: ExecDone): void {
    this.waiting.get(done.id)?.resolve(done);
    this.waiting.delete(done.id);
  }

  /** The container's process ended or its supervisor is gone: commands that run there are completed as failed. */
  abandon(container: string): void {
    for (const [id, command] of this.waiting) {
      if (command.container !== container) continue;
      this.waiting.delete(id);
      command.resolve({
        type: 'done',
        id,
        code: 137,
        timedOut: false,
        output: '',
        error: 'container is not running',
      });
    }
  }
}

/** Output of a command as text. */
export const outputText = (done: ExecDone): string =>
  new TextDecoder().decode(Uint8Array.from(atob(done.output), (char) => char.charCodeAt(0)));
