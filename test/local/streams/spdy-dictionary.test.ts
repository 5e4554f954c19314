// The dictionary is a constant that both ends must have byte for byte.
import { deflateSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { SPDY_DICTIONARY } from '../../../local/streams/spdy-dictionary.ts';

it('is the dictionary of SPDY/3, by its length and by the checksum that zlib puts into the stream', () => {
  expect(SPDY_DICTIONARY).toHaveLength(1423);
  expect(deflateSync('', { dictionary: SPDY_DICTIONARY }).readUInt32BE(2).toString(16)).toBe(
    'e3c6a7c2',
  );
});
