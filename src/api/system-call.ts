// droppod's own calls to the API, without a request or a response.
import type { Resource, Verb } from '../kinds/resources.ts';
import type { ApiPorts, Call } from './call.ts';
import type { Strategy } from './resources/strategy.ts';

interface Target {
  resource: Resource;
  strategy: Strategy;
  verb: Verb;
  namespace: string;
  name?: string;
  subresource?: string;
}

/** The call of a controller, as its service account in kube-system. */
export const systemCall = (ports: ApiPorts, controller: string, target: Target): Call => ({
  name: '',
  subresource: '',
  ...target,
  ports,
  request: new Request('http://localhost/'),
  query: new URLSearchParams(),
  user: {
    name: `system:serviceaccount:kube-system:${controller}`,
    groups: [
      'system:serviceaccounts',
      'system:serviceaccounts:kube-system',
      'system:authenticated',
    ],
  },
  output: { format: 'json', pretty: false },
  warnings: [],
  now: ports.clock.now(),
});
