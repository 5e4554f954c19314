// A data directory that cannot be used as it is: the message is one line, names the file and says what to do.

export class Unusable extends Error {
  override readonly name = 'Unusable';
}
