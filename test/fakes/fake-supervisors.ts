// supervise without processes: each run lasts as long as a script says, on a virtual clock. Uses the real messages.
import type { Exited, FromSupervise, StartMessage, ToSupervise } from '../../podlet/messages.ts';
import type { Supervisors } from '../../podlet/ports.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { present } from '../../src/present.ts';

export interface FakeRun {
  /** Absent: it runs until it is killed. */
  seconds?: number;
  code?: number;
  /** The run's reaction to its stop signal: code and duration; absent: dies at once with 128 + n. */
  onTerm?: { code: number; seconds: number } | 'ignore';
  message?: string;
  startError?: string;
  oom?: boolean;
}

export interface FakeExec {
  code: number;
  output?: string;
  seconds?: number;
  error?: string;
}

interface Box {
  run: number;
  pid: number;
  startedAt?: string;
  exit?: Exited;
  order?: StartMessage;
  connected: boolean;
  ended: AbortController;
}

const NUMBERS: { [signal: string]: number } = { TERM: 15, KILL: 9, INT: 2, QUIT: 3 };
const FIRST_PID = 12;

export class FakeSupervisors implements Supervisors {
  /** All orders, with their times in ms since the start. */
  readonly orders: { at: number; container: string; message: ToSupervise }[] = [];
  readonly left = new Set<string>();
  /** Containers that joined; a test makes their supervisors say hello. */
  readonly admitted: string[] = [];
  private readonly boxes = new Map<string, Box>();
  private readonly startedAt: number;
  private take: (container: string, message: FromSupervise) => void = () => undefined;
  private gone: (container: string) => void = () => undefined;

  constructor(
    private readonly clock: Clock,
    private readonly script: (container: string, run: number) => FakeRun,
    private readonly exec: (container: string, argv: string[]) => FakeExec = () => ({ code: 0 }),
  ) {
    this.startedAt = clock.now().getTime();
  }

  listen(
    take: (container: string, message: FromSupervise) => void,
    gone: (container: string) => void,
  ): void {
    this.take = take;
    this.gone = gone;
    for (const [name, box] of this.boxes) if (box.connected) this.hello(name);
  }

  admit(container: string): void {
    this.admitted.push(container);
  }

  /** The container's supervisor connects (again). */
  hello(container: string): void {
    const box = this.box(container);
    box.connected = true;
    const { run, pid, startedAt, exit } = box;
    this.take(container, {
      type: 'hello',
      run,
      pid,
      ...present({ startedAt, exit }),
    });
  }

  /** The newest run finds a root that differs from the first run's. */
  leftover(container: string, paths: string[], more: number): void {
    this.take(container, { type: 'leftover', run: this.box(container).run, paths, more });
  }

  disconnect(container: string): void {
    this.box(container).connected = false;
    this.gone(container);
  }

  /** The engine's TERM for a container. */
  term(container: string): void {
    this.emit(container, { type: 'term', signal: '15' });
  }

  send(container: string, message: ToSupervise): void {
    this.orders.push({ at: this.clock.now().getTime() - this.startedAt, container, message });
    const box = this.box(container);
    if (!box.connected) return;
    if (message.type === 'start') void this.start(container, box, message);
    else if (message.type === 'kill') void this.kill(container, box, message.signal);
    else if (message.type === 'exec')
      void this.command(container, message.id, message.argv, message.timeoutMs);
    else if (message.type === 'ack' && message.forward) void this.kill(container, box, 'TERM');
    else if (message.type === 'quit') this.left.add(container);
  }

  private box(container: string): Box {
    const box = this.boxes.get(container) ?? {
      run: 0,
      pid: 0,
      connected: false,
      ended: new AbortController(),
    };
    this.boxes.set(container, box);
    return box;
  }

  private emit(container: string, message: FromSupervise): void {
    if (this.box(container).connected) this.take(container, message);
  }

  private async start(container: string, box: Box, order: StartMessage): Promise<void> {
    if (order.run <= box.run || box.pid !== 0) return this.hello(container);
    const { startError, seconds, code = 0 } = this.script(container, order.run);
    Object.assign(box, {
      run: order.run,
      order,
      pid: FIRST_PID + order.run,
      startedAt: this.clock.now().toISOString(),
      ended: new AbortController(),
    });
    delete box.exit;
    if (startError !== undefined) return this.end(container, box, 128, startError);
    this.emit(container, { type: 'started', run: box.run, pid: box.pid, at: box.startedAt ?? '' });
    if (seconds === undefined) return;
    const { ended } = box;
    await this.clock.sleep(seconds * 1000, ended.signal);
    if (!ended.signal.aborted) this.end(container, box, code);
  }

  private async kill(container: string, box: Box, signal: string): Promise<void> {
    if (box.pid === 0) return;
    const number = NUMBERS[signal.replace(/^SIG/, '')] ?? 15;
    const { onTerm } = this.script(container, box.run);
    if (number !== 9 && onTerm === 'ignore') return;
    if (number === 9 || onTerm === undefined || onTerm === 'ignore')
      return this.end(container, box, 128 + number);
    const { ended } = box;
    await this.clock.sleep(onTerm.seconds * 1000, ended.signal);
    if (!ended.signal.aborted) this.end(container, box, onTerm.code);
  }

  private end(container: string, box: Box, code: number, startError?: string): void {
    const { message, oom = false } = this.script(container, box.run);
    box.ended.abort();
    box.pid = 0;
    const started =
      startError === undefined && box.startedAt !== undefined ? { startedAt: box.startedAt } : {};
    box.exit = {
      run: box.run,
      code,
      oom,
      at: this.clock.now().toISOString(),
      ...started,
      ...present({ message, startError }),
    };
    this.emit(container, { type: 'exited', ...box.exit });
  }

  private async command(
    container: string,
    id: string,
    argv: string[],
    timeoutMs: number,
  ): Promise<void> {
    const { code, output = '', seconds = 0, error } = this.exec(container, argv);
    const timedOut = timeoutMs > 0 && seconds * 1000 > timeoutMs;
    await this.clock.sleep(timedOut ? timeoutMs : seconds * 1000);
    this.emit(container, {
      type: 'done',
      id,
      code: timedOut ? 137 : code,
      timedOut,
      output: Buffer.from(output).toString('base64'),
      ...present({ error }),
    });
  }
}
