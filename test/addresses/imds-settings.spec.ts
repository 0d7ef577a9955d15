import { imdsSettings } from '../../src/addresses/imds-settings.js';

const ENDPOINT = 'AWS_EC2_METADATA_SERVICE_ENDPOINT';
const MODE = 'AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE';
const TIMEOUT = 'AWS_METADATA_SERVICE_TIMEOUT';
const ATTEMPTS = 'AWS_METADATA_SERVICE_NUM_ATTEMPTS';

describe('the settings of EC2 instance metadata', () => {
  it.each([
    [{}, 'http://169.254.169.254/'],
    [{ [ENDPOINT]: '', [MODE]: '' }, 'http://169.254.169.254/'],
    [{ [MODE]: 'IPv4' }, 'http://169.254.169.254/'],
    [{ [MODE]: 'ipv6' }, 'http://[fd00:ec2::254]/'],
    [{ [ENDPOINT]: 'http://127.0.0.1:8080/a' }, 'http://127.0.0.1:8080/a/'],
  ])('have of %j the endpoint %s', (env, endpoint) => {
    expect(imdsSettings(env).endpoint.href).toBe(endpoint);
  });

  it.each([
    ['', undefined],
    ['1', 1000],
    ['12.75', 12_750],
    ['0.0001', 1],
    ['3600', 3_600_000],
  ])('have of a timeout of "%s" s a limit of %s ms', (text, limitMs) => {
    expect(imdsSettings({ [TIMEOUT]: text }).limitMs).toBe(limitMs);
  });

  it.each([
    ['', 1],
    ['1', 1],
    ['25', 25],
  ])('have of the text "%s" %d attempts', (text, attempts) => {
    expect(imdsSettings({ [ATTEMPTS]: text }).attempts).toBe(attempts);
  });

  it.each([
    [MODE, 'ipv', '"IPv4" or "IPv6"'],
    [TIMEOUT, '0', 'a number of seconds up to 3600, e.g. "1"'],
    [TIMEOUT, '3601', 'a number of seconds up to 3600, e.g. "1"'],
    [TIMEOUT, '-1', 'a number of seconds up to 3600, e.g. "1"'],
    [TIMEOUT, '1s', 'a number of seconds up to 3600, e.g. "1"'],
    [ATTEMPTS, '0', 'a whole number from 1 to 99'],
    [ATTEMPTS, '-1', 'a whole number from 1 to 99'],
    [ATTEMPTS, '1x', 'a whole number from 1 to 99'],
    [ATTEMPTS, '100', 'a whole number from 1 to 99'],
  ])('reject %s=%s', (name, value, wanted) => {
    expect(() => imdsSettings({ [name]: value })).toThrow(
      `${name} is "${value}": write ${wanted}`,
    );
  });
});
