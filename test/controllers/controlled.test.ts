// The list that the API has of what controllers act upon is that of the controllers.
import { expect, it } from 'vitest';
import { CONTROLLED } from '../../src/controllers/controlled.ts';
import { CONTROLLERS } from '../../src/controllers/controllers.ts';

it('names the resource of every controller', () => {
  expect([...CONTROLLED].sort()).toEqual(
    [...new Set(CONTROLLERS.map(({ resource }) => resource))].sort(),
  );
});
