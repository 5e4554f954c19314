// The API's HTTPS door: requests of every kind from requests.ts to a real droppod.
import { ensureWire, type Wire } from '../../src/kinds/generate-wire.ts';
import type { Chance } from '../simulation/random.ts';
import type { Door, Played } from './door.ts';
import { collectionPath, NAMESPACE, nameOf, POSTED, wholeObject } from './objects.ts';
import { someRequest, type ApiRequest } from './requests.ts';
import type { ApiAnswer, Target } from './target.ts';

/** Codes from 500 on that kube-apiserver gives as well: where, and in which words. */
const KUBERNETES_SAYS_SO: [number, RegExp, RegExp][] = [
  // The version asked for is not there yet: the request waited for it.
  [504, /resourceVersion=/, /Too large resource version/],
  // A get from its cache passes on the parser's message.
  [500, /resourceVersion=/, /message"?: ?"?resourceVersion: Invalid value/],
  // An update passes on the message about the object's own version.
  [500, /./, /message"?: ?"?strconv\.ParseUint: parsing/],
  // apiserver's proxy, where nothing listens behind it.
  [503, /\/proxy/, /error trying to reach service|no endpoints available/],
  [500, /\/proxy/, /address not allowed/],
  // kube-apiserver joins a binding's problems into one plain error.
  [500, /\/bindings?/, /message"?: ?"?\[?(target|metadata)\./],
  // A strategic merge patch with an unknown directive.
  [500, /./, /message"?: ?"?unknown patch type/],
  // A strategic merge patch with an element that has no merge key.
  [500, /./, /does not contain declared merge key/],
  // Server-side apply of a field that the schema does not have.
  [500, /./, /message"?: ?"?failed to create typed patch object/],
  // A create of an object that has a resourceVersion already.
  [500, /./, /resourceVersion should not be set on objects to be created/],
  [500, /fieldSelector=|labelSelector=/, /not a known field selector|unable to parse/],
];

const isKubernetesOwn = (request: ApiRequest, { status, text }: ApiAnswer): boolean =>
  KUBERNETES_SAYS_SO.some(
    ([code, path, words]) => code === status && path.test(request.path) && words.test(text),
  );

function show({ method, path, headers, body }: ApiRequest): string {
  const said = Object.entries(headers)
    .map(([name, value]) => `${name}: ${value.slice(0, 100)}`)
    .join('; ');
  return `${method} ${path.slice(0, 300)} (${said}) ${body === undefined ? '' : JSON.stringify(body.toString('latin1').slice(0, 600))}`.trim();
}

function problemsOf(request: ApiRequest, answer: ApiAnswer): string[] {
  const { status, text, ms } = answer;
  if (status === 0) return [`no answer (${Math.round(ms)} ms): ${text}`];
  // A HEAD shows only the code, which is that of the GET.
  if (request.method === 'HEAD' && status === 500 && /resourceVersion=/.test(request.path))
    return [];
  if (status >= 500 && !isKubernetesOwn(request, answer))
    return [`${status}: ${text.slice(0, 300)}`];
  return [];
}

export class HttpDoor implements Door {
  readonly name = 'http';
  readonly width = 3;
  private wire: Wire | undefined;
  constructor(
    private readonly target: Target,
    private readonly log: (line: string) => void,
  ) {}

  async open(): Promise<void> {
    await this.target.open();
    this.wire = await ensureWire();
    if (!this.wire)
      this.log('no bodies in protobuf: build/kinds/wire.json is not there and cannot be made here');
    await this.target.create('/api/v1/namespaces', { metadata: { name: NAMESPACE } });
    // Every other name exists at first, so that as many requests find an object as do not.
    for (const resource of POSTED.filter(({ verbs }) => verbs.includes('get'))) {
      for (const number of [0, 2, 4, 6, 8, 10]) {
        const answer = await this.target.ask({
          method: 'POST',
          path: collectionPath(resource),
          headers: { 'content-type': 'application/json' },
          body: Buffer.from(JSON.stringify(wholeObject(resource, nameOf(resource, number)))),
        });
        if (answer.status !== 201 && answer.status !== 409)
          throw new Error(`the whole ${resource.kind} is refused: ${answer.status} ${answer.text}`);
      }
    }
  }

  async play(chance: Chance): Promise<Played> {
    const request = someRequest({ chance, wire: this.wire });
    const answer = await this.target.ask(request);
    if (this.isDown())
      return {
        sent: show(request),
        got: 'crash',
        problems: ['the serving process ended while this was under way'],
      };
    return {
      sent: show(request),
      got: String(answer.status),
      problems: problemsOf(request, answer),
    };
  }

  isDown = (): boolean => !this.target.isAlive();
  check = (): Promise<string[]> => this.target.check();
  memoryMiB = (): Promise<number> => Promise.resolve(this.target.memoryMiB());
  close = (): Promise<void> => this.target.close();
}
