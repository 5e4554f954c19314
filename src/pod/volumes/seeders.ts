// Which images must give copies of their directories (seeds): one container of the sandbox for each.
import type { Container, Pod } from '../../kinds/pod.ts';
import { containerView, type Seed } from './container-view.ts';
import { initAndAppContainers } from '../model/containers.ts';

/** One container that seeds: `container` has the image, `seeds` are those of every container with that image. */
export interface Seeder {
  name: string;
  container: Container;
  seeds: Seed[];
}

/** One for each image whose directories are copied. */
export function seedersOf(pod: Pod): Seeder[] {
  const seeders = new Map<string | undefined, Seeder>();
  for (const container of initAndAppContainers(pod)) {
    const { seeds } = containerView(pod, container);
    const known = seeders.get(container.image);
    if (seeds.length === 0) continue;
    if (known === undefined)
      seeders.set(container.image, {
        name: `droppod-seed-${seeders.size}`,
        container,
        seeds: [...seeds],
      });
    else known.seeds.push(...seeds);
  }
  return [...seeders.values()];
}
