// Randomly drawn pods of every kind: their specs, their expected end if undisturbed, and how each container reports itself.
import type { Container, Pod } from '../../src/kinds/pod.ts';
import type { Chance } from '../simulation/random.ts';

export const CONFIG = 'chaos-config';
export const SECRET = 'chaos-secret';

export interface DrawnPod {
  name: string;
  kind: string;
  spec: Pod['spec'];
  /** Phase once everything is at rest. */
  ending: 'Succeeded' | 'Failed' | 'Running';
  /** Exit codes of the last runs, if the pod is over. */
  exits?: { [container: string]: number };
  /** Its containers end and are restarted for ever: it never comes to rest, but keeps going. */
  loops?: true;
}

/** Reports to the ledger that a run begins, without waiting for it. (A static busybox has no working wget, so it uses nc.) */
const begin = (container: string): string =>
  `printf "GET /begin/$POD_UID/${container} HTTP/1.0\\r\\n\\r\\n" | nc -w 3 $LEDGER >/dev/null 2>&1 || true`;

function container(name: string, script: string, more: Partial<Container> = {}): Container {
  return {
    name,
    image: 'busybox',
    command: ['sh', '-c', `${begin(name)}\n${script}`],
    env: [
      { name: 'LEDGER', value: '@ledger' },
      { name: 'POD_UID', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } },
    ],
    ...more,
  };
}

const STAY = 'trap "exit 0" TERM; while :; do sleep 1 & wait $!; done';
const seconds = (chance: Chance): number => 1 + chance.below(8);

type Draw = (chance: Chance) => Omit<DrawnPod, 'name' | 'kind'>;

const KINDS: { [kind: string]: Draw } = {
  succeeds: (chance) => ({
    ending: 'Succeeded',
    exits: { main: 0 },
    spec: { restartPolicy: 'Never', containers: [container('main', `sleep ${seconds(chance)}`)] },
  }),
  fails: (chance) => ({
    ending: 'Failed',
    exits: { main: 3 },
    spec: {
      restartPolicy: 'Never',
      containers: [container('main', `sleep ${seconds(chance)}; exit 3`)],
    },
  }),
  two: (chance) => ({
    ending: 'Failed',
    exits: { good: 0, bad: 7 },
    spec: {
      restartPolicy: 'Never',
      containers: [
        container('good', `sleep ${seconds(chance)}`),
        container('bad', `sleep ${seconds(chance)}; exit 7`),
      ],
    },
  }),
  retried: (chance) => ({
    ending: 'Succeeded',
    exits: { main: 0 },
    spec: {
      restartPolicy: 'OnFailure',
      volumes: [{ name: 'v', emptyDir: {} }],
      containers: [
        container(
          'main',
          `sleep ${seconds(chance)}; [ -e /v/tried ] && exit 0; touch /v/tried; exit 1`,
          { volumeMounts: [{ name: 'v', mountPath: '/v' }] },
        ),
      ],
    },
  }),
  initialised: (chance) => ({
    ending: 'Succeeded',
    exits: { first: 0, second: 0, main: 0 },
    spec: {
      restartPolicy: 'Never',
      volumes: [{ name: 'v', emptyDir: {} }],
      initContainers: ['first', 'second'].map((name) =>
        container(name, `sleep ${seconds(chance) / 4}; echo ${name} >>/v/order`, {
          volumeMounts: [{ name: 'v', mountPath: '/v' }],
        }),
      ),
      containers: [
        container('main', '[ "$(tr "\\n" " " </v/order)" = "first second " ] || exit 9', {
          volumeMounts: [{ name: 'v', mountPath: '/v' }],
        }),
      ],
    },
  }),
  initFails: () => ({
    ending: 'Failed',
    exits: { first: 4 },
    spec: {
      restartPolicy: 'Never',
      initContainers: [container('first', 'exit 4')],
      containers: [container('main', STAY)],
    },
  }),
  accompanied: (chance) => ({
    ending: 'Succeeded',
    exits: { main: 0 },
    spec: {
      restartPolicy: 'Never',
      initContainers: [container('side', STAY, { restartPolicy: 'Always' })],
      containers: [container('main', `sleep ${seconds(chance)}`)],
    },
  }),
  configured: (chance) => ({
    ending: 'Succeeded',
    exits: { main: 0 },
    spec: {
      restartPolicy: 'OnFailure',
      volumes: [
        { name: 'c', configMap: { name: CONFIG } },
        { name: 's', secret: { secretName: SECRET } },
      ],
      containers: [
        container(
          'main',
          `sleep ${seconds(chance)}; [ "$(cat /c/key)" = value ] && [ "$(cat /s/key)" = hidden ] || exit 8`,
          {
            volumeMounts: [
              { name: 'c', mountPath: '/c' },
              { name: 's', mountPath: '/s' },
            ],
          },
        ),
      ],
    },
  }),
  overdue: (chance) => ({
    ending: 'Failed',
    spec: {
      restartPolicy: 'Always',
      activeDeadlineSeconds: 5 + chance.below(10),
      containers: [container('main', STAY)],
    },
  }),
  serves: () => ({
    ending: 'Running',
    spec: { restartPolicy: 'Always', containers: [container('main', STAY)] },
  }),
  probed: () => ({
    ending: 'Running',
    spec: {
      restartPolicy: 'Always',
      containers: [
        container('main', `touch /tmp/up; ${STAY}`, {
          startupProbe: {
            exec: { command: ['test', '-e', '/tmp/up'] },
            periodSeconds: 1,
            failureThreshold: 60,
            timeoutSeconds: 10,
          },
          readinessProbe: {
            exec: { command: ['test', '-e', '/tmp/up'] },
            periodSeconds: 2,
            timeoutSeconds: 10,
          },
          livenessProbe: { exec: { command: ['true'] }, periodSeconds: 3, timeoutSeconds: 20 },
        }),
      ],
    },
  }),
  hooked: () => ({
    ending: 'Running',
    spec: {
      restartPolicy: 'Always',
      containers: [
        container('main', STAY, {
          lifecycle: {
            postStart: { exec: { command: ['touch', '/tmp/hook'] } },
            preStop: { exec: { command: ['sleep', '0.5'] } },
          },
        }),
      ],
    },
  }),
  served: () => ({
    ending: 'Running',
    spec: {
      restartPolicy: 'Always',
      initContainers: [
        container('first', 'true'),
        container('side', STAY, { restartPolicy: 'Always' }),
      ],
      containers: [container('main', STAY), container('other', STAY)],
    },
  }),
  loops: () => ({
    ending: 'Running',
    loops: true,
    spec: { restartPolicy: 'Always', containers: [container('main', 'exit 1')] },
  }),
  deaf: () => ({
    ending: 'Running',
    spec: {
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 2,
      containers: [container('main', 'trap "" TERM; while :; do sleep 1; done')],
    },
  }),
};

/** The n-th pod: all kinds in turn, with random times. */
export function drawPod(chance: Chance, index: number): DrawnPod {
  const kinds = Object.keys(KINDS);
  const kind = kinds[index % kinds.length] ?? '';
  const { spec, ...rest } = KINDS[kind]!(chance);
  return {
    name: `${kind.toLowerCase()}-${index}`,
    kind,
    spec: { terminationGracePeriodSeconds: 3, ...spec },
    ...rest,
  };
}

/** The manifest; `ledger` is the address that its containers write to. */
export function manifestOf({ name, spec }: DrawnPod, ledger: string): object {
  return JSON.parse(
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, labels: { chaos: 'yes' } },
      spec,
    }).replaceAll('@ledger', ledger),
  ) as object;
}
