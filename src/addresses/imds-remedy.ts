import { MetadataError } from './metadata-error.js';

/**
 * What to do about a failed request to the EC2 instance metadata service: one or two sentences, empty if the error is
 * of another kind. A command stands at the end, without a full stop, so that it can be copied.
 *
 * @param instanceId the id for the command, if the machine contains it
 */
export function imdsRemedy(
  error: unknown,
  instanceId = '<instance-id>',
): string {
  if (!(error instanceof MetadataError)) return '';
  const modify = `aws ec2 modify-instance-metadata-options --instance-id ${instanceId}`;
  switch (error.fault) {
    case 'no-response':
      return error.request.startsWith('PUT ')
        ? `In a container, the cause is a hop limit of 1. Run: ${modify} --http-put-response-hop-limit 2 --http-endpoint enabled`
        : 'The metadata service is overloaded, or a proxy is in front of it';
    case 'incomplete':
      return 'The metadata service is overloaded: raise addresses.timeoutMs if this lasts';
    case 'refused':
    case 'unreachable':
      return `Check for a firewall, a network policy or a missing route. If the metadata service is turned off, run: ${modify} --http-endpoint enabled`;
    case 'closed':
      return 'The metadata service is restarting, or a proxy is in front of it';
    case 'too-long':
    case 'invalid':
    case 'status':
      return remedyForStatus(error, modify);
  }
}

function remedyForStatus(
  { status = 0 }: MetadataError,
  modify: string,
): string {
  if (status === 401)
    return 'The metadata service rejected its own new token: requests reach different services, so check for a proxy in front of them';
  if (status === 403)
    return `The metadata service is turned off or forbidden. Run: ${modify} --http-endpoint enabled`;
  if (status === 429 || status >= 500)
    return 'The metadata service is overloaded: do nothing unless this lasts';
  return NOT_IMDS;
}

const NOT_IMDS =
  'This is not the EC2 instance metadata service: check for a proxy in front of it, and check AWS_EC2_METADATA_SERVICE_ENDPOINT';
