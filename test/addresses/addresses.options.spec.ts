import { resolveAddressesOptions } from '../../src/addresses/addresses.options.js';

const resolve = (given: unknown) =>
  resolveAddressesOptions(
    given as Parameters<typeof resolveAddressesOptions>[0],
  );
const source = { name: 'mine', addresses: async () => ['10.0.0.1'] };

describe('the addresses option', () => {
  it('has defaults', () => {
    const defaults = {
      sources: [],
      allowOn: 'everywhere',
      timeoutMs: 1000,
      refreshMs: 60_000,
      platform: 'auto',
    };
    expect(resolve(undefined)).toEqual(defaults);
    expect(resolve({})).toEqual(defaults);
    expect(resolve({ timeoutMs: undefined })).toEqual(defaults);
  });

  it('turns the discovery off if it is false', () => {
    expect(resolve(false)).toBe(false);
  });

  it('accepts valid values', () => {
    const given = { allowOn: 'probes', timeoutMs: 5, refreshMs: 0 } as const;
    expect(resolve(given)).toMatchObject(given);
    expect(resolve({ platform: 'ecs' })).toMatchObject({ platform: 'ecs' });
    expect(resolve({ sources: [source] })).toMatchObject({ sources: [source] });
  });

  it.each([
    [true, /^addresses is true: write an object/],
    [null, /^addresses is null: write an object/],
    [
      'ec2',
      /^addresses is "ec2": write an object such as { platform: \.\.\. }/,
    ],
    [[], /^addresses is an array/],
    [
      { timeoutMS: 5 },
      /addresses has no option "timeoutMS": did you mean "timeoutMs"\?/,
    ],
    [
      { refresh: 5 },
      /addresses has no option "refresh": did you mean "refreshMs"/,
    ],
    [
      { platform: 'k8s' },
      /^addresses\.platform is "k8s": write one of .*"kubernetes"/,
    ],
    [{ timeoutMs: 0 }, /addresses\.timeoutMs is 0: .* from 1 to/],
    [{ timeoutMs: -1 }, /addresses\.timeoutMs is -1: write a whole number/],
    [
      { timeoutMs: '1000' },
      /addresses\.timeoutMs is "1000": write a whole number/,
    ],
    [{ timeoutMs: Number.NaN }, /addresses\.timeoutMs is NaN/],
    [{ refreshMs: -5 }, /addresses\.refreshMs is -5: .* from 0 to/],
    [
      { refreshMs: 2 ** 31 },
      /addresses\.refreshMs is 2147483648: .* to 2147483647/,
    ],
    [{ refreshMs: 1.5 }, /addresses\.refreshMs is 1\.5/],
    [
      { allowOn: 'probe' },
      /addresses\.allowOn is "probe" \(did you mean "probes"\?\): write one of "everywhere", "probes"\./,
    ],
    [{ platform: 'ec' }, /addresses\.platform is "ec" \(did you mean "ec/],
    [{ platform: 7 }, /addresses\.platform is 7: write one of "auto"/],
    [{ sources: [] }, /addresses\.sources must contain at least one/],
    [{ sources: source }, /addresses\.sources must contain at least one/],
    [
      { sources: [source, {}] },
      /addresses\.sources\[1\] is not an AddressSource: write/,
    ],
    [{ sources: [null] }, /addresses\.sources\[0\] is not an AddressSource/],
    [
      { sources: [{ ...source, addresses: ['10.0.0.1'] }] },
      /addresses\.sources\[0\] is not an AddressSource/,
    ],
    [
      { sources: [{ ...source, name: ' ' }] },
      /addresses\.sources\[0\] is not an AddressSource/,
    ],
    [
      { sources: [source], platform: 'auto' },
      /addresses\.platform has no effect when addresses\.sources/,
    ],
  ])('rejects %j with a sentence that says what to write', (given, message) => {
    expect(() => resolve(given)).toThrow(message);
  });
});
