import dns from 'node:dns';

/** Whatever the machine's own hosts file says. */
export async function withLocalhostOfBothFamilies(run: () => Promise<unknown>) {
  const { lookup } = dns;
  const both = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ];
  dns.lookup = ((name: string, options: object, answer: LookupAnswer) =>
    name === 'localhost' && 'all' in options
      ? answer(null, both)
      : lookup(name, options, answer)) as typeof lookup;
  try {
    await run();
  } finally {
    dns.lookup = lookup;
  }
}

type LookupAnswer = (error: Error | null, found: unknown) => void;
