/** The command line is wrong. The message contains what to write instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
