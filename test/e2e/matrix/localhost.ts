import dns from 'node:dns';

/** Resolves localhost to both families, independent of the hosts file of the machine. */
export async function withLocalhostOfBothFamilies(run: () => Promise<unknown>) {
  const { lookup } = dns;
  const both = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ];
  dns.lookup = ((name: string, options: object, callback: LookupCallback) =>
    name === 'localhost' && 'all' in options
      ? callback(null, both)
      : lookup(name, options, callback)) as typeof lookup;
  try {
    await run();
  } finally {
    dns.lookup = lookup;
  }
}

type LookupCallback = (error: Error | null, found: unknown) => void;
