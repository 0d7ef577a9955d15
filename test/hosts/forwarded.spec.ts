import fc from 'fast-check';
import { forwardedHosts } from '../../src/hosts/forwarded.js';

const quote = (text: string) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;

/** Text without what ends or quotes a value. */
const bare = fc.string().map((text) => text.replaceAll(/[";,]/g, ''));
const token = bare.map((text) => text.replaceAll(/[\t ]+$/g, ''));
const blanks = fc.constantFrom('', ' ', '\t', ' \t ');

const hostName = fc.constantFrom('host', 'Host', 'HOST', 'hOsT');
const otherName = bare.filter(
  (text) => !text.includes('=') && text.trim().toLowerCase() !== 'host',
);

/** A parameter as written, and the host that it names, if one. */
const parameter = fc.oneof(
  fc
    .tuple(hostName, token)
    .map(([name, host]) => ({ text: `${name}=${host}`, hosts: [host] })),
  fc
    .tuple(hostName, fc.string())
    .map(([name, host]) => ({ text: `${name}=${quote(host)}`, hosts: [host] })),
  fc
    .tuple(otherName, fc.oneof(token, fc.string().map(quote)))
    .map(([name, text]) => ({ text: `${name}=${text}`, hosts: [] })),
  fc.constantFrom('', 'for', '=x').map((text) => ({ text, hosts: [] })),
);

/** Elements and their parameters, with what separates them. */
const header = fc
  .array(
    fc.record({
      parameter,
      before: blanks,
      after: blanks,
      separator: fc.constantFrom(';', ','),
    }),
  )
  .map((parts) => ({
    text: parts
      .map(({ before, parameter: { text }, after, separator }) =>
        [before, text, after, separator].join(''),
      )
      .join(''),
    hosts: parts.flatMap((part) => part.parameter.hosts),
  }));

describe('forwardedHosts()', () => {
  it('finds every host of a Forwarded header, whatever stands beside it', () => {
    fc.assert(
      fc.property(header, ({ text, hosts }) => {
        expect(forwardedHosts(text)).toEqual(hosts);
        expect(forwardedHosts(text.slice(0, -1))).toEqual(hosts);
      }),
      { numRuns: 5_000 },
    );
  });

  it('rejects a quote that does not end', () => {
    fc.assert(
      fc.property(header, fc.string(), ({ text }, open) => {
        const unclosed = quote(open).slice(0, -1);
        expect(forwardedHosts(`${text}for=${unclosed}`)).toBeUndefined();
        expect(forwardedHosts(`${text}host=${unclosed}\\"`)).toBeUndefined();
      }),
    );
  });

  it('rejects a quote that does not enclose its value', () => {
    fc.assert(
      fc.property(
        header,
        fc.constantFrom(
          'for=a"b',
          'for="a"b',
          'for= "a"',
          '"host"=a',
          'a="b""c"',
        ),
        fc.string(),
        ({ text }, odd, rest) => {
          expect(forwardedHosts(`${text}${odd}${rest}`)).toBeUndefined();
        },
      ),
    );
  });

  it('never throws', () => {
    const pieces = fc.constantFrom('host', '=', '"', '\\', ';', ',', ' ', 'x');
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string())), (parts) => {
        expect(() => forwardedHosts(parts.join(''))).not.toThrow();
      }),
      { numRuns: 5_000 },
    );
  });
});
