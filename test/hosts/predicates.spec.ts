/* oxlint-disable unicorn/no-thenable -- thenables are what is tested */
import {
  HostList,
  parseHostHeader,
  type Host,
  type HostPattern,
} from '../../src/index.js';

function hostOf(value: string): Host {
  const host = parseHostHeader(value);
  if (!host.ok) throw new Error(host.detail);
  return host;
}

const host = hostOf('a.example:80');
const failing = () => {
  throw new Error('no');
};

describe('the predicates of a list', () => {
  it('get the host and the request, and the first that returns true ends the search', () => {
    const calls: unknown[][] = [];
    const log = (result: unknown) =>
      ((...args: unknown[]) => {
        calls.push(args);
        return result;
      }) as HostPattern;
    const list = HostList.from([log('true'), log(true), log(false)]);
    expect(list.hasPredicates).toBe(true);
    const request = {};
    expect(list.matches(host, request)).toBe(true);
    expect(calls).toEqual([
      [host, request],
      [host, request],
    ]);
    expect(calls[0]?.[1]).toBe(request);
    expect(list.allows('a.example')).toBe(true);
    expect(list.allowsAsListed('a.example')).toBe(false);
  });

  it('are not called for a host that a name or a RegExp allows', () => {
    const list = HostList.from(['a.example', /b.*/, failing]);
    expect(list.matches(host)).toBe(true);
    expect(list.matches(hostOf('b.example'))).toBe(true);
    expect(list.allowsAsListed('a.example')).toBe(true);
    expect(list.allowsAsListed(undefined)).toBe(false);
    expect(HostList.from('a.example').hasPredicates).toBe(false);
  });

  it('refuse the host and report the error if they fail', async () => {
    const errors: unknown[] = [];
    const add = (error: unknown) => errors.push(error);
    const rejecting = () => Promise.reject(new Error('later'));
    const list = HostList.from([failing, rejecting], { onPredicateError: add });
    expect(await list.matches(host)).toBe(false);
    expect(errors).toEqual([new Error('no'), new Error('later')]);
    const others: unknown[] = [];
    expect(
      await list.matches(host, undefined, (error) => others.push(error)),
    ).toBe(false);
    expect(others).toHaveLength(2);
    expect(errors).toHaveLength(2);
  });

  it('refuse the host if nobody gets the error, or if who gets it throws', () => {
    expect(HostList.from([failing]).matches(host)).toBe(false);
    expect(HostList.from([failing]).matches(host, undefined, failing)).toBe(
      false,
    );
  });

  it('may return promises: one that resolves to true allows the host', async () => {
    const resolving = (result: unknown) =>
      (() => Promise.resolve(result)) as HostPattern;
    const never: HostPattern = () => new Promise(() => undefined);
    const resultOf = (...patterns: HostPattern[]) =>
      HostList.from(patterns).matches(host);
    expect(resultOf(resolving(true))).toBeInstanceOf(Promise);
    expect(await resultOf(never, resolving(false), resolving(true))).toBe(true);
    expect(await resultOf(resolving(true), never)).toBe(true);
    expect(await resultOf(resolving(false), resolving('true'))).toBe(false);
    expect(HostList.from([resolving(true)]).allows('a.example')).toBe(false);
  });

  it('refuse the host at once if they return neither true nor a thenable', () => {
    const results = [
      undefined,
      null,
      1,
      'true',
      {},
      { then: true },
      () => true,
    ];
    const list = HostList.from(
      results.map((result) => (() => result) as never),
    );
    expect(list.matches(host)).toBe(false);
  });

  it('may return any thenable', async () => {
    const then = (done: (value: boolean) => void) => done(true);
    for (const result of [{ then }, Object.assign(() => false, { then })]) {
      const list = HostList.from([(() => result) as never]);
      expect(await list.matches(host)).toBe(true);
    }
  });

  it('make the verdict unavailable if they do not settle within a second', async () => {
    const errors: unknown[] = [];
    const list = HostList.from(
      [() => new Promise(() => undefined), async () => false],
      { onPredicateError: (error) => errors.push(error) },
    );
    // Its rejection is handled, too.
    expect(list.allows('a.example')).toBe(false);
    await expect(list.matches(host)).rejects.toMatchObject({
      name: 'PredicateUnavailable',
      message: 'a host predicate did not settle within 1000 ms',
    });
    expect(errors).toHaveLength(2);
  });
});
