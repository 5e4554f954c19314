// A registry's own explanation of its refusal.
import { readWithin } from '../read-within.ts';

const MAX_BYTES = 64 * 1024;
const MAX_LENGTH = 500;

/** Its `{errors: [{code, message}]}` as one line, else the beginning of its body; '' if that is empty or unreadable. */
export async function registryWords(answer: Response): Promise<string> {
  // lint: the status is reported in any case.
  const bytes = await readWithin(answer, MAX_BYTES).catch(() => undefined);
  const text = Buffer.from(bytes ?? []).toString('utf8');
  return (errorsIn(text) ?? text).trim().replaceAll(/\s+/g, ' ').slice(0, MAX_LENGTH);
}

function errorsIn(text: string): string | undefined {
  try {
    const { errors } = JSON.parse(text) as { errors?: { code?: string; message?: string }[] };
    const said = errors?.map(({ code = '', message = '' }) => `${code} ${message}`.trim());
    return said && said.length > 0 ? said.join('; ') : undefined;
  } catch {
    // Some proxies in front of a registry do not respond in JSON.
    return undefined;
  }
}
