// Deployments one after another: a call that comes while one is under way is followed by another.

/** `over` is called where no later call waits: with '' after a success, otherwise with the failure. */
export function redeployments(
  deploy: () => Promise<void>,
  over: (failure: string) => void,
): { again(): void; last(): Promise<void> } {
  let calls = 0;
  let last = Promise.resolve();
  return {
    again: () => {
      const call = ++calls;
      // What an earlier call has asked for is not what is served once the later one is done.
      const end = (failure: string): void => {
        if (call === calls) over(failure);
      };
      last = last.then(deploy).then(
        () => end(''),
        (error: unknown) => end(String(error)),
      );
    },
    last: () => last,
  };
}
