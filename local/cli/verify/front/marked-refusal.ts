// A podlet leaves because of a mark in the body, which the sync function's URL must pass on.
import { request as httpsRequest } from 'node:https';
import { failed, seen, type Assumption } from '../assumption.ts';

function post(url: string, ca: string | undefined): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: 'Bearer nobody.nothing', 'content-type': 'application/json' };
    const sent = httpsRequest(url, { method: 'POST', headers, ...(ca ? { ca } : {}) }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    sent.on('error', reject);
    sent.end('{}');
  });
}

export const markedRefusal: Assumption = {
  id: 'marked-refusal',
  assumed: "a podlet's refusal reaches it whole, and no other answer looks like one",
  proof:
    "a stranger's report to the sync function's URL is refused with 4xx, and its body is droppod's own",
  uses: { requests: 1 },
  isQuick: true,
  async prove(lab) {
    const variables = await lab.aws.variables(lab.resource('AWS::Lambda::Function', 'launch-pod'));
    const url = variables.get('DROPPOD_SYNC_URL');
    if (url === undefined) return failed('launch-pod does not know the URL');
    const { status, text } = await post(url, variables.get('DROPPOD_CA'));
    return seen(
      status >= 400 && status < 500 && /"(leave|refused)"/.test(text),
      `${status}: ${text.slice(0, 100)}`,
    );
  },
};
