// Remembers images by digest, so that no manifest is requested twice: in this process and, where something keeps it, beyond it.
import type { ImageConfig } from '../ports/images.ts';

/** The content of a manifest and its config. */
export type ImageFacts = Omit<ImageConfig, 'name' | 'imageId' | 'reference'>;

/** `index`: the digest of the name itself, if that is an index. */
export interface KnownImage {
  facts: ImageFacts;
  index: string;
}

/** Keeps texts by key for a while; it may lose any. */
export interface KeptImages {
  get(key: string): Promise<string | undefined>;
  put(key: string, text: string): Promise<void>;
}

/** By reference with digest. Contents never change, so that nothing is ever outdated. */
export interface ImageMemory {
  get(reference: string): Promise<KnownImage | undefined>;
  put(reference: string, image: KnownImage): Promise<void>;
}

/** Images that a process remembers. */
const MOST_IMAGES = 200;
/** Longer ones, which only a hostile config can be, are not kept. */
const MOST_LENGTH = 32 * 1024;

/** The architectures decide which platform is chosen, so they are part of the key. */
export function imageMemory(
  kept: KeptImages | undefined,
  architectures: readonly string[],
): ImageMemory {
  const here = new Map<string, string>();
  const keyOf = (reference: string): string => `${reference} ${architectures.join(',')}`;
  const remember = (key: string, text: string): void => {
    here.delete(key);
    here.set(key, text);
    const oldest = here.keys().next().value;
    if (here.size > MOST_IMAGES && oldest !== undefined) here.delete(oldest);
  };
  return {
    async get(reference) {
      const key = keyOf(reference);
      const text = here.get(key) ?? (await kept?.get(key));
      if (text === undefined) return undefined;
      remember(key, text);
      return JSON.parse(text) as KnownImage;
    },
    async put(reference, image) {
      const text = JSON.stringify(image);
      if (Buffer.byteLength(text) > MOST_LENGTH) return;
      const key = keyOf(reference);
      remember(key, text);
      await kept?.put(key, text);
    },
  };
}
