import type { Fault } from '../../src/testing/index.js';

/** What the log must offer for copying, up to the settings. */
export const modify =
  'aws ec2 modify-instance-metadata-options --instance-id i-0af01c0123456789a';

/** What goes wrong, how the fake does it, and what the log must say about it. */
export const faults: [string, Fault, RegExp][] = [
  [
    'TCP accepts and never answers (hop limit)',
    { do: 'silence' },
    new RegExp(
      `PUT http://127\\.0\\.0\\.1:\\d+/latest/api/token connected and got no answer in \\d+ ms\\. In a container that is a hop limit of 1, run: ${modify} --http-put-response-hop-limit 2 --http-endpoint enabled$`,
    ),
  ],
  [
    'items never answered',
    { do: 'silence', on: /^GET/ },
    /GET .* connected and got no answer in \d+ ms\. The service is overloaded/,
  ],
  [
    '400',
    { do: 'status', status: 400 },
    /PUT .* status 400\. That is not the EC2 instance metadata service/,
  ],
  [
    '401 for ever',
    { do: 'status', status: 401, on: /^GET/ },
    /GET .* status 401\. Its own new token was refused/,
  ],
  [
    '403',
    { do: 'status', status: 403 },
    new RegExp(
      `PUT .* status 403\\. The service is turned off or forbidden, run: ${modify} --http-endpoint enabled$`,
    ),
  ],
  [
    '404 for the token',
    { do: 'status', status: 404 },
    /PUT .* status 404\. That is not the EC2/,
  ],
  [
    '404 for everything else',
    { do: 'status', status: 404, on: /^GET/ },
    /the instance has no address at all/,
  ],
  [
    '429',
    { do: 'status', status: 429 },
    /status 429\. The service is overloaded/,
  ],
  [
    '500',
    { do: 'status', status: 500 },
    /status 500\. The service is overloaded/,
  ],
  [
    '503',
    { do: 'status', status: 503, on: /macs/ },
    /GET .*macs\/ .* status 503\. The service is overloaded/,
  ],
  [
    'slow drip',
    { do: 'drip', everyMs: 50 },
    /PUT .* got no whole answer in \d+ ms\. .* raise addresses\.timeoutMs/,
  ],
  [
    'endless body',
    { do: 'endless' },
    /sent more than 65536 bytes\. That is not/,
  ],
  [
    'endless item',
    { do: 'endless', on: /ipv6s/ },
    /ipv6s sent more than 65536 bytes/,
  ],
  [
    'HTML error page with 200',
    { do: 'html' },
    /was answered with "<\?xml .*, which is no token\. That is not/,
  ],
  [
    'HTML error page with 200 as an item',
    { do: 'html', on: /local-ipv4s/ },
    /"<\?xml .* is not an IP address/,
  ],
  [
    'HTML error page with 200 as a listing',
    { do: 'html', on: /macs\/$/ },
    /"<\?xml .*, which is no interface/,
  ],
  [
    'not an address',
    { do: 'body', body: 'ip-10-0-3-17', on: /local-ipv4$/ },
    /"ip-10-0-3-17" is not an IP address/,
  ],
  [
    'one of them no address',
    { do: 'body', body: '10.0.3.17\n10.0.3.0/24', on: /local-ipv4s$/ },
    /"10\.0\.3\.0\/24" is not/,
  ],
  [
    'a shorthand address',
    { do: 'body', body: '127.1', on: /local-ipv4$/ },
    /"127\.1" is not an IP address/,
  ],
  [
    'an address with a zone',
    { do: 'body', body: 'fe80::1%eth0', on: /ipv6$/ },
    /"fe80::1%eth0" is not/,
  ],
  [
    'an address with blanks',
    { do: 'body', body: ' 10.0.3.17 ', on: /local-ipv4$/ },
    /" 10\.0\.3\.17 " is not an IP address/,
  ],
  [
    'an address with a carriage return',
    { do: 'body', body: '10.0.3.17\r\n', on: /local-ipv4$/ },
    /"10\.0\.3\.17\\r" is not/,
  ],
  [
    'a listing that leads elsewhere',
    { do: 'body', body: '../../../../user-data', on: /macs\/$/ },
    /"\.\.\/.*, which is no interface/,
  ],
  [
    'control characters',
    { do: 'body', body: '\u001b[31m\nWARN all is well', on: /local-ipv4$/ },
    /"\\u001b\[31m" is not/,
  ],
  [
    'an empty token',
    { do: 'body', body: '', on: /^PUT/ },
    /"", which is no token/,
  ],
  [
    'a redirect',
    { do: 'redirect', to: 'http://127.0.0.1:1/' },
    /PUT .* status 302\. That is not the EC2/,
  ],
  [
    'a socket closed mid-body',
    { do: 'cut' },
    /closed before the answer was whole\. The service is restarting/,
  ],
  [
    'half an address, its length not declared',
    { do: 'cut', lengthDeclared: false, on: /local-ipv4$/ },
    /did not declare the length/,
  ],
  [
    'a socket closed before any answer',
    { do: 'reset' },
    /closed before the answer was whole/,
  ],
  [
    'another protocol',
    { do: 'status', status: 101, on: /^GET/ },
    /GET .* status 101\. That is not the EC2/,
  ],
  ['what is not HTTP', { do: 'garbage' }, /was not answered in HTTP \(HPE_/],
];
