// `npm run update`: regenerates build/kinds/: the schemas, and the protobuf tables if Go can fetch Kubernetes' modules.
import { ensureWire } from './generate-wire.ts';
import { writeKinds } from './load.ts';

writeKinds();
if ((await ensureWire()) === undefined)
  console.warn(
    'build/kinds/wire.json was not made: Go could not fetch k8s.io/api; bodies in protobuf will be refused',
  );
