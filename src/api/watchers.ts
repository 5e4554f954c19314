// Everything that acts on the log of changes through the API's verbs; local mode follows the log, AWS is invoked with it.
import { CONTROLLERS } from '../controllers/controllers.ts';
import { collector } from '../steps/collect/collector.ts';
import { definitionsWatcher } from '../steps/definitions/definitions-watcher.ts';
import { namespaceWatcher } from '../steps/namespace/namespace-watcher.ts';
import { controllersWatcher } from '../steps/reconcile/controllers-watcher.ts';
import type { Watchers } from '../steps/reconcile/react.ts';
import type { Lists } from '../steps/reconcile/wake.ts';
import { endpointsWatcher } from '../steps/service/endpoints-watcher.ts';
import { STATIC_PODS } from '../steps/static/keep-static-pods.ts';
import { staticPodsWatcher } from '../steps/static/static-pods-watcher.ts';
import { bootstrapObjects } from './bootstrap.ts';
import type { ApiPorts } from './call.ts';
import { endNamespace } from './resources/strategies.ts';
import { systemObjects } from './system-objects.ts';

/** The controllers, the garbage collector, the end of namespaces, the kinds of definitions, Endpoints of Services that go, and a deployment's static pods; `lists`: as in `controllersWatcher`. */
export function watchersOn(ports: ApiPorts, lists?: Lists): Watchers {
  const objectsAs = systemObjects(ports);
  return {
    controllers: controllersWatcher(ports, objectsAs, CONTROLLERS, lists),
    others: [
      collector(ports, objectsAs, CONTROLLERS),
      namespaceWatcher(ports, (name) => endNamespace(ports, name)),
      definitionsWatcher(ports),
      endpointsWatcher(ports, objectsAs('endpoint-controller')),
      ...(ports.settings.mode === 'aws'
        ? [staticPodsWatcher(ports, objectsAs(STATIC_PODS), () => bootstrapObjects(ports))]
        : []),
    ],
  };
}
