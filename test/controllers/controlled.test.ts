// The API's list of the kinds that controllers act upon agrees with the controllers themselves.
import { expect, it } from 'vitest';
import { CONTROLLED } from '../../src/controllers/controlled.ts';
import { CONTROLLERS } from '../../src/controllers/controllers.ts';

it('names the resource of every controller', () => {
  expect([...CONTROLLED].sort()).toEqual(
    [...new Set(CONTROLLERS.map(({ resource }) => resource))].sort(),
  );
});
