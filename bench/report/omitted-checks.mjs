/** Checks that a candidate omits, which makes it faster: the candidate, the rows, and the reason. */
export const OMITTED_CHECKS = [
  {
    candidate: 'host-validation',
    where: () => true,
    why: 'it compares the unparsed header with each entry, which takes less time than one hash for few entries; it supports no port, no capitals and no trailing dot, and checks no grammar',
  },
  {
    candidate: 'host-validation-middleware',
    where: ({ label }) => /network|mixed/.test(label),
    why: 'it allows every IP address and checks no network',
  },
  {
    candidate: 'the same, frozen list',
    where: () => true,
    why: 'it caches every allowed value without bound, and checks nothing when a value is repeated',
  },
];
