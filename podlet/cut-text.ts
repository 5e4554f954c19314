// Texts that come from an app or a manifest, cut to the lengths that Kubernetes allows.

/** A Kubernetes Event's message (events.k8s.io: note). */
export const MAX_EVENT_BYTES = 1024;
/** A termination message, and any other explanation of a run. */
export const MAX_MESSAGE_BYTES = 4096;

/** The beginning of `text`, at most `bytes` of UTF-8, without splitting a character. */
export function cutText(text: string, bytes: number): string {
  if (text.length <= bytes / 3 || Buffer.byteLength(text) <= bytes) return text;
  return Buffer.from(text.slice(0, bytes))
    .subarray(0, bytes)
    .toString('utf8')
    .replace(/\ufffd$/, '');
}

/** The message of anything that was thrown. */
export const errorText = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
