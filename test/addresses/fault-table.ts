import type { Fault } from '../../src/testing/index.js';

/** The beginning of the command that the log offers for copying. */
export const modify =
  'aws ec2 modify-instance-metadata-options --instance-id i-0af01c0123456789a';

/** A fault, how the fake injects it, and what the log contains about it. */
export const faults: [string, Fault, RegExp][] = [
  [
    'no response to a connection (hop limit)',
    { kind: 'silence' },
    new RegExp(
      `PUT http://127\\.0\\.0\\.1:\\d+/latest/api/token connected but got no response within \\d+ ms\\. In a container, the cause is a hop limit of 1. Run: ${modify} --http-put-response-hop-limit 2 --http-endpoint enabled$`,
    ),
  ],
  [
    'no response to an item',
    { kind: 'silence', on: /^GET/ },
    /GET .* connected but got no response within \d+ ms\. The metadata service is overloaded/,
  ],
  [
    '400',
    { kind: 'status', status: 400 },
    /PUT .* status 400\. This is not the EC2 instance metadata service/,
  ],
  [
    '401 to every request',
    { kind: 'status', status: 401, on: /^GET/ },
    /GET .* status 401\. The metadata service rejected its own new token/,
  ],
  [
    '403',
    { kind: 'status', status: 403 },
    new RegExp(
      `PUT .* status 403\\. The metadata service is turned off or forbidden. Run: ${modify} --http-endpoint enabled$`,
    ),
  ],
  [
    '404 for the token',
    { kind: 'status', status: 404 },
    /PUT .* status 404\. This is not the EC2/,
  ],
  [
    '404 for everything else',
    { kind: 'status', status: 404, on: /^GET/ },
    /ec2: the instance has no IP address$/,
  ],
  [
    '429',
    { kind: 'status', status: 429 },
    /status 429\. The metadata service is overloaded/,
  ],
  [
    '500',
    { kind: 'status', status: 500 },
    /status 500\. The metadata service is overloaded/,
  ],
  [
    '503',
    { kind: 'status', status: 503, on: /macs/ },
    /GET .*macs\/ .* status 503\. The metadata service is overloaded/,
  ],
  [
    'a slow response',
    { kind: 'drip', everyMs: 50 },
    /PUT .* got no complete response within \d+ ms\. .* raise addresses\.timeoutMs/,
  ],
  [
    'an endless body',
    { kind: 'endless' },
    /returned more than 65536 bytes\. This is not/,
  ],
  [
    'an endless item',
    { kind: 'endless', on: /ipv6s/ },
    /ipv6s returned more than 65536 bytes/,
  ],
  [
    'an HTML error page with 200',
    { kind: 'html' },
    /PUT http:\/\/\S+\/token returned "<\?xml .*, which is not a token\. This is not/,
  ],
  [
    'a token with a blank',
    { kind: 'body', body: 'to ken', on: /^PUT/ },
    /returned "to ken", which is not a token/,
  ],
  [
    'an HTML error page with 200 as an item',
    { kind: 'html', on: /local-ipv4s/ },
    /GET network\/interfaces\/macs\/0e:00:00:00:00:00\/local-ipv4s returned an invalid list of addresses: "<\?xml .* is not an IP address\. This is not the EC2/,
  ],
  [
    'an HTML error page with 200 as a listing',
    { kind: 'html', on: /macs\/$/ },
    /GET network\/interfaces\/macs\/ returned "<\?xml .*, which is not a network interface\. This is not the EC2/,
  ],
  [
    'a listing with a path before a MAC address',
    { kind: 'body', body: '../../0e:00:00:00:00:00/', on: /macs\/$/ },
    /"\.\.\/.*, which is not a network interface/,
  ],
  [
    'a listing with a path after a MAC address',
    { kind: 'body', body: '0e:00:00:00:00:00/../../', on: /macs\/$/ },
    /"0e:00.*, which is not a network interface/,
  ],
  [
    'an item as long as the limit',
    { kind: 'body', body: '1'.repeat(65_536), on: /local-ipv4$/ },
    /"1+\.\.\." is not an IP address/,
  ],
  [
    'a host name',
    { kind: 'body', body: 'ip-10-0-3-17', on: /local-ipv4$/ },
    /"ip-10-0-3-17" is not an IP address/,
  ],
  [
    'a network among addresses',
    { kind: 'body', body: '10.0.3.17\n10.0.3.0/24', on: /local-ipv4s$/ },
    /"10\.0\.3\.0\/24" is not/,
  ],
  [
    'a shorthand address',
    { kind: 'body', body: '127.1', on: /local-ipv4$/ },
    /"127\.1" is not an IP address/,
  ],
  [
    'an address with a zone',
    { kind: 'body', body: 'fe80::1%eth0', on: /ipv6$/ },
    /"fe80::1%eth0" is not/,
  ],
  [
    'an address with blanks',
    { kind: 'body', body: ' 10.0.3.17 ', on: /local-ipv4$/ },
    /" 10\.0\.3\.17 " is not an IP address/,
  ],
  [
    'an address with a carriage return',
    { kind: 'body', body: '10.0.3.17\r\n', on: /local-ipv4$/ },
    /"10\.0\.3\.17\\r" is not/,
  ],
  [
    'a listing with a path to another item',
    { kind: 'body', body: '../../../../user-data', on: /macs\/$/ },
    /"\.\.\/.*, which is not a network interface/,
  ],
  [
    'control characters',
    { kind: 'body', body: '\u001b[31m\nWARN all is well', on: /local-ipv4$/ },
    /"\\u001b\[31m" is not/,
  ],
  [
    'an empty token',
    { kind: 'body', body: '', on: /^PUT/ },
    /"", which is not a token/,
  ],
  [
    'a redirect',
    { kind: 'redirect', to: 'http://127.0.0.1:1/' },
    /PUT .* status 302\. This is not the EC2/,
  ],
  [
    'a closed connection in the body',
    { kind: 'cut' },
    /lost its connection before the response was complete\. The metadata service is restarting/,
  ],
  [
    'a part of an address without a declared length',
    { kind: 'cut', lengthDeclared: false, on: /local-ipv4$/ },
    /did not declare the length of its response\. This is not the EC2/,
  ],
  [
    'a closed connection before the response',
    { kind: 'reset' },
    /lost its connection before the response was complete/,
  ],
  [
    'another protocol',
    { kind: 'status', status: 101, on: /^GET/ },
    /GET .* status 101\. This is not the EC2/,
  ],
  [
    'something other than HTTP',
    { kind: 'garbage' },
    /got a response that is not HTTP \(HPE_\w+\)\. This is not the EC2/,
  ],
];

/**
 * The budget in milliseconds. Only a fault that never ends needs a short one; all others end by themselves, and a
 * short one would fail on a busy machine.
 */
export const budgetFor = ({ kind }: Fault) =>
  kind === 'silence' || kind === 'drip' ? 1500 : 60_000;
