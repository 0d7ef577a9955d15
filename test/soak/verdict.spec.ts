import { verdictOn, type Sample } from './verdict.mjs';

const MB = 2 ** 20;

/** A sample each ten seconds for ten minutes, of an application that serves 200 requests a second. */
function run(change: (minute: number, i: number) => Partial<Sample>): Sample[] {
  return Array.from({ length: 61 }, (_, i) => ({
    at: i * 10_000,
    requests: i * 2000,
    cpuUs: i * 2000 * 800,
    heap: 30 * MB + noise(i) * MB,
    rss: 120 * MB,
    sockets: 20 + Math.round(noise(i) * 3),
    resources: { TCPSocketWrap: 20, Timeout: 5 + Math.round(noise(i + 1) * 4) },
    pauseMs: 20,
    yardstickUs: 25_000 + noise(i) * 2000,
    ...change(i / 6, i),
  }));
}

/** From -1 to 1, without a trend. */
const noise = (i: number) => Math.sin(i * 2.3);

describe('the verdict of the soak', () => {
  it('passes an application whose figures vary without a trend', () => {
    expect(verdictOn(run(() => ({}))).failures).toEqual({});
  });

  it('passes an application that grows in its warm-up alone', () => {
    const samples = run((minute) => ({
      heap: (30 + Math.min(minute, 3.5) * 10) * MB,
      sockets: Math.min(minute * 10, 35),
    }));
    expect(verdictOn(samples).failures).toEqual({});
  });

  it('fails an application that keeps 100 bytes of each request', () => {
    const samples = run((_, i) => ({
      heap: 30 * MB + noise(i) * MB + i * 2000 * 100,
    }));
    expect(verdictOn(samples).failures).toEqual({
      heap: expect.stringMatching(
        /^heap after garbage collection, MB: 36\.\d+ in the first window, 40\.\d+ in the last: more than 2 above it$/,
      ),
    });
  });

  it('fails an application that keeps a socket every ten seconds', () => {
    const failures = verdictOn(
      run((_, i) => ({
        sockets: 20 + i,
        resources: { TCPSocketWrap: 20 + i, Timeout: 5 },
      })),
    ).failures;
    expect(failures).toEqual({
      sockets: expect.stringContaining('open sockets: '),
      resources: expect.stringMatching(
        /\(TCPSocketWrap from [\d.]+ to [\d.]+\)$/,
      ),
    });
  });

  it('fails an application whose requests take more CPU time each minute', () => {
    const samples = run((_, i) => ({ cpuUs: 2000 * (700 * i + 14 * i * i) }));
    expect(verdictOn(samples).failures).toEqual({
      cpu: expect.stringMatching(
        /^CPU of a request: .+ more than 1\.25 times as much/,
      ),
    });
  });

  it('passes an application on a machine that gets slower', () => {
    const samples = run((_, i) => ({
      cpuUs: 2000 * (700 * i + 14 * i * i),
      yardstickUs: 25_000 * (1 + i / 30),
    }));
    expect(verdictOn(samples).failures).toEqual({});
  });
});
