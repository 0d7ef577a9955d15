import { FakeEc2Metadata } from 'nestjs-allowed-hosts/testing';
import { PRIVATE_ADDRESS, SECOND_ADDRESS } from '../settings.mjs';

/** How the metadata service fails. It never responds with other addresses, or without any: that would be no failure. */
const FAULTS = [
  { kind: 'status', status: 503 },
  { kind: 'status', status: 429 },
  { kind: 'status', status: 401 },
  { kind: 'silence' },
  { kind: 'drip', everyMs: 100 },
  { kind: 'endless' },
  { kind: 'html' },
  { kind: 'cut' },
  { kind: 'reset' },
  { kind: 'garbage' },
];

export const startMetadata = () =>
  FakeEc2Metadata.start({ interfaces: [{ ipv4: [PRIVATE_ADDRESS] }] });

/** Changes the addresses, lets tokens expire, and lets the next requests fail, each in turn. */
export function changeMetadata(metadata, turn) {
  metadata.requests.length = 0;
  const isAttached = turn % 2 === 0;
  const ipv4 = [PRIVATE_ADDRESS, ...(isAttached ? [SECOND_ADDRESS] : [])];
  metadata.interfaces = [{ ipv4 }];
  if (turn % 3 === 0) metadata.expireTokens();
  metadata.fault = { ...FAULTS[turn % FAULTS.length], times: 1 + (turn % 4) };
}
