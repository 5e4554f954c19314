// A response whose text is whole: a front that writes it at once needs no stream for it.
import type { Whole } from '../../ports/bodies.ts';

/** As `new Response(whole, init)`; the stream of its body is made when it is asked for. */
export function wholeResponse(whole: string, init: ResponseInit): Response & Whole {
  kind ??= madeKind();
  return new kind(whole, init);
}

type Kind = new (whole: string, init: ResponseInit) => Response & Whole;

let kind: Kind | undefined;

/** Naming `Response` loads Node's fetch: 15 ms of a function's start, so it waits for the first answer. */
const madeKind = (): Kind =>
  class WholeResponse extends Response implements Whole {
    readonly whole: string;
    #streamed: Response | undefined;

    constructor(whole: string, init: ResponseInit) {
      super(null, init);
      this.whole = whole;
    }

    get #asStream(): Response {
      return (this.#streamed ??= new Response(this.whole));
    }

    override get body(): Response['body'] {
      return this.#asStream.body;
    }

    override get bodyUsed(): boolean {
      return this.#streamed?.bodyUsed ?? false;
    }

    override arrayBuffer(): Promise<ArrayBuffer> {
      return this.#asStream.arrayBuffer();
    }

    override blob(): Promise<Blob> {
      return this.#asStream.blob();
    }

    override json(): Promise<unknown> {
      return this.#asStream.json();
    }

    override text(): Promise<string> {
      return this.#asStream.text();
    }

    override clone(): Response {
      return wholeResponse(this.whole, { status: this.status, headers: this.headers });
    }
  };
