// Everything that acts on the log of changes through the API's verbs; local mode follows the log, AWS is invoked with it.
import { CONTROLLERS } from '../controllers/controllers.ts';
import { collector } from '../steps/collect/collector.ts';
import { definitionsWatcher } from '../steps/definitions/definitions-watcher.ts';
import { namespaceWatcher } from '../steps/namespace/namespace-watcher.ts';
import { controllersWatcher } from '../steps/reconcile/controllers-watcher.ts';
import type { Watchers } from '../steps/reconcile/react.ts';
import type { ApiPorts } from './call.ts';
import { endNamespace } from './resources/strategies.ts';
import { systemObjects } from './system-objects.ts';

/** The controllers, the garbage collector, the end of namespaces, and the kinds that definitions bring. */
export function watchersOn(ports: ApiPorts): Watchers {
  const objectsAs = systemObjects(ports);
  return {
    controllers: controllersWatcher(ports, objectsAs, CONTROLLERS),
    others: [
      collector(ports, objectsAs, CONTROLLERS),
      namespaceWatcher(ports, (name) => endNamespace(ports, name)),
      definitionsWatcher(ports),
    ],
  };
}
