// Assumptions that no run can prove without harm or luck. They are listed as unproven.
import { unproven, type Assumption } from './assumption.ts';

const untried = (id: string, assumed: string, why: string): Assumption => ({
  id,
  assumed,
  proof: `none: ${why}`,
  uses: {},
  isQuick: true,
  prove: () => Promise.resolve(unproven(why)),
});

export const UNTRIED: Assumption[] = [
  untried(
    'quota-used-up',
    "RunTask past the account's vCPUs answers with a failure or error that is one of the classified",
    'it would take all vCPUs of the account',
  ),
  untried(
    'spot-interruption',
    'a Spot task that is taken back gets TERM, and KILL two minutes later at the earliest',
    'only AWS takes a task back; stop-order shows the same way',
  ),
  untried(
    'api-flood',
    'where the API uses all concurrency up, sync is throttled too, and no pod is called lost meanwhile',
    'it would stop other functions of the account',
  ),
  untried(
    'busy-cluster',
    'a cluster with living tasks is not deleted; destroy ends them first and does not rely on it',
    'destroy leaves no task to try it with',
  ),
];
