// The front contract: a client gets the same from every front, including AWS's own runtime client.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundled } from './bundled.ts';
import { CASES, TIMED } from './front-cases.ts';
import { probe } from './front-probe.ts';
import {
  inProcess,
  localServer,
  runtimeClient,
  withoutStreaming,
  type Front,
  type Subject,
} from './front-subjects.ts';
import { fetchClient, VERSIONS } from './runtime-client.ts';

const clients: Subject[] = [];
for (const version of VERSIONS) {
  if (await fetchClient(version))
    clients.push(runtimeClient(version, () => bundled('test/contract/front-function.ts')));
  else console.log(`skipped: aws-lambda-ric ${version} is not to be had from the registry`);
}

/** Their last test looks back at all others. `each` takes the option, but its type lacks it. */
const IN_ORDER: object = { shuffle: false };

describe.each([inProcess(probe), localServer(probe), withoutStreaming(probe), ...clients])(
  '$name',
  IN_ORDER,
  (subject) => {
    let front: Front;
    beforeAll(async () => {
      front = await subject.open();
    });
    afterAll(() => front.close());

    for (const { name, needs, run } of CASES)
      it.skipIf(needs !== undefined && subject.not?.[needs] !== undefined)(name, () => run(front));
    for (const { name, run } of subject.not?.leaving === undefined ? [] : TIMED)
      it(name, () => run(front));
    it('nothing but the body that broke is an error of the runtime', () => {
      expect(front.errors ?? []).toEqual(clients.includes(subject) ? ['Error'] : []);
    });
  },
);
