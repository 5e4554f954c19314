// The next turn of the event loop, in which what a client has sent already is parsed.

/** Resolves once the sockets have been read. */
export const nextTurn = (): Promise<undefined> =>
  new Promise((resolve) => {
    setImmediate(resolve, undefined);
  });
