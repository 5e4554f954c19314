// Texts that come from an app or a manifest, cut to the lengths that Kubernetes allows.

/** A Kubernetes Event's message (events.k8s.io: note). */
export const MAX_EVENT_BYTES = 1024;
/** A termination message, and any other explanation of a run. */
export const MAX_MESSAGE_BYTES = 4096;

/** The beginning of `text`, at most `bytes` of UTF-8, without splitting a character. */
export function cutText(text: string, bytes: number): string {
  if (text.length <= bytes / 3) return text;
  const whole = new TextEncoder().encode(text.slice(0, bytes));
  if (text.length <= bytes && whole.length <= bytes) return text;
  const cut = new TextDecoder('utf-8', { ignoreBOM: true }).decode(whole.subarray(0, bytes));
  return cut.replace(/\ufffd$/, '');
}
