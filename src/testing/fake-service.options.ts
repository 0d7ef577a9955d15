/**
 * Where a fake service listens.
 *
 * @example
 * ```ts
 * const imds = await FakeEc2Metadata.start({ host: '::1', port: 1338 });
 * ```
 */
export interface FakeServiceOptions {
  /**
   * The address to listen on.
   *
   * @default '127.0.0.1'
   */
  readonly host?: string;
  /**
   * The port to listen on; 0 selects a free port.
   *
   * @default 0
   */
  readonly port?: number;
}
