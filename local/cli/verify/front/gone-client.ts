// A client's disconnect ends its watch's function, which would otherwise be billed for minutes.
import { seen, unproven, type Assumption } from '../assumption.ts';

const OPEN_SECONDS = 600;
const MOST_SECONDS = 150;

export const goneClient: Assumption = {
  id: 'gone-client',
  assumed: 'a function notices that the client of its stream is gone when it next writes',
  proof: `a watch of ${OPEN_SECONDS} s whose client leaves is over, by the function's log, within ${MOST_SECONDS} s`,
  uses: { requests: 1, openSeconds: MOST_SECONDS },
  isQuick: false,
  onAwsOnly: "the functions' logs of this target cannot be read",
  async prove(lab) {
    const begun = lab.now();
    const client = await lab.client();
    const end = new AbortController();
    const path = `${lab.path('secrets')}?watch=true&timeoutSeconds=${OPEN_SECONDS}`;
    const left = (async () => {
      for await (const line of client.lines(path, {}, end.signal)) if (line === '') break;
    })();
    await lab.sleep(3_000);
    end.abort();
    client.close();
    await left;
    await lab.sleep(MOST_SECONDS * 1000);
    const functions = lab.options.deployment.resources
      .filter(({ type, id }) => type === 'AWS::Lambda::Function' && /api|watch/i.test(id))
      .map(({ id }) => id);
    const logs = await Promise.all(
      functions.map((id) => lab.aws.lines(`/aws/lambda/${id}`, begun)),
    );
    const found = logs.flatMap((lines) => lines ?? []);
    if (found.length === 0) return unproven("the functions' logs are empty");
    const durations = found.flatMap(({ message }) =>
      [...message.matchAll(/^REPORT .*?Duration: ([\d.]+) ms/gm)].map(([, ms]) => Number(ms)),
    );
    // An open one has no report yet.
    const open =
      found.filter(({ message }) => message.startsWith('START ')).length -
      found.filter(({ message }) => message.startsWith('REPORT ')).length;
    const longest = Math.max(0, ...durations);
    return seen(
      open <= 0 && longest >= 2_000 && longest < MOST_SECONDS * 1000,
      `the longest call took ${(longest / 1000).toFixed(1)} s, ${open} are open`,
    );
  },
};
