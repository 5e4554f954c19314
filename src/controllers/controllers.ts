// All controllers, in the order in which a change is offered to them.
import type { Controller } from './controller.ts';

export const CONTROLLERS: readonly Controller[] = [];
