// The images whose directories must be copied (seeds): each needs one container of the sandbox.
import type { Container, Pod } from '../../kinds/pod.ts';
import { containerView, type Seed } from './container-view.ts';
import { initAndAppContainers } from '../model/containers.ts';

/** A container that seeds: `container` has the image, and `seeds` are those of every container with that image. */
export interface Seeder {
  name: string;
  container: Container;
  seeds: Seed[];
}

/** One for each image with copied directories. */
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
