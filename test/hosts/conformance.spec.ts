import { readFileSync } from 'node:fs';
import { HostList, HostPatternError } from '../../src/index.js';

type Verdict = 'allow' | 'reject' | 'config-error';
type Group = { hosts: string[]; cases: [string | null, Verdict, string][] };

const groups = JSON.parse(
  readFileSync(new URL('conformance.json', import.meta.url), 'utf8'),
) as Group[];

function verdictOf(hosts: string[], value: string | null): Verdict {
  try {
    return HostList.from(hosts).allows(value) ? 'allow' : 'reject';
  } catch (error) {
    if (error instanceof HostPatternError) return 'config-error';
    throw error;
  }
}

describe('conformance', () => {
  it('has all of the cases', () => {
    expect(groups.flatMap(({ cases }) => cases).length).toBe(418);
  });

  for (const { hosts, cases } of groups) {
    const list = JSON.stringify(hosts).slice(0, 80);
    it.each(cases)(`${list}: %j is %s`, (value, verdict) => {
      expect(verdictOf(hosts, value)).toBe(verdict);
    });
  }
});
