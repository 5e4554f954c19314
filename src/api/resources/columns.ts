// Columns and cells that many kinds share. Descriptions come from the generated schemas.
import { ensureKinds } from '../../kinds/load.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import type { Cell } from '../../pod/status/human-duration.ts';
import { age as ageSince } from '../../pod/status/human-duration.ts';
import { present } from '../../present.ts';
import type { Column, Printer } from './strategy.ts';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/** The description of a field in the schemas; '' where there is none. */
export function fieldDescription(schema: string, field: string): string {
  return (
    own(
      own(ensureKinds().schemas, schema.includes('.') ? schema : `io.k8s.api.core.v1.${schema}`)
        ?.properties,
      field,
    )?.description ?? ''
  );
}

/** The first column of nearly every kind. */
export const nameColumn = (): Column => ({
  name: 'Name',
  type: 'string',
  format: 'name',
  description: fieldDescription(META, 'name'),
});

/** The age, counted at the time of the answer. */
export const ageColumn = (): Column => ({
  name: 'Age',
  type: 'string',
  description: fieldDescription(META, 'creationTimestamp'),
});

/** A string column. */
export const column = (name: string, description: string, priority: 0 | 1 = 0): Column => ({
  name,
  type: 'string',
  description,
  priority,
});

/** Age of an object. */
export const age = (object: KubeObject): Cell => ageSince(object.metadata.creationTimestamp);

/** Columns are built on first use: they read the schemas. */
export function lazyPrinter(
  columns: () => Column[],
  cells: Printer['cells'],
  conditions?: Printer['conditions'],
): Printer {
  let built: Column[] | undefined;
  return {
    get columns() {
      return (built ??= columns());
    },
    cells,
    ...present({ conditions }),
  };
}

/** Name and Created At, a whole time: kinds for which kube-apiserver has no printer. */
export const createdAtPrinter = lazyPrinter(
  () => [nameColumn(), { ...ageColumn(), name: 'Created At', type: 'date' }],
  ({ metadata }) => [metadata.name ?? '', metadata.creationTimestamp ?? ''],
);

/** Name and Age: kinds without columns of their own. */
export const plainPrinter = lazyPrinter(
  () => [nameColumn(), ageColumn()],
  (object) => [object.metadata.name ?? '', age(object)],
);

/** Name and time of creation: kinds for which Kubernetes has no printer. */
export const createdPrinter = lazyPrinter(
  () => [
    nameColumn(),
    { name: 'Created At', type: 'date', description: fieldDescription(META, 'creationTimestamp') },
  ],
  ({ metadata }) => [metadata.name ?? '', metadata.creationTimestamp ?? ''],
);
