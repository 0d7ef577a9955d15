import { MetadataError } from './metadata-error.js';

/**
 * What to do about a metadata service that does not answer as it should: a sentence, or nothing.
 *
 * @param instanceId where the machine told it, so that the command can be copied as it stands
 */
export function imdsRemedy(
  error: unknown,
  instanceId = '<instance-id>',
): string {
  if (!(error instanceof MetadataError)) return '';
  const modify = `aws ec2 modify-instance-metadata-options --instance-id ${instanceId}`;
  switch (error.fault) {
    case 'silent':
      return error.question.startsWith('PUT ')
        ? `In a container that is a hop limit of 1, run: ${modify} --http-put-response-hop-limit 2 --http-endpoint enabled`
        : 'The service is overloaded, or a proxy stands before it';
    case 'slow':
      return 'The service is overloaded: raise addresses.timeoutMs if that lasts';
    case 'refused':
    case 'unreachable':
      return `Look for a firewall, a network policy or a missing route; if the service is turned off, run: ${modify} --http-endpoint enabled`;
    case 'cut':
      return 'The service is restarting, or a proxy stands before it';
    case 'too-long':
    case 'not-understood':
      return NOT_IMDS;
    case 'status':
      return statusRemedy(error, modify);
  }
}

const NOT_IMDS =
  'That is not the EC2 instance metadata service: look for a proxy before it, and at AWS_EC2_METADATA_SERVICE_ENDPOINT';

function statusRemedy({ status = 0 }: MetadataError, modify: string): string {
  if (status === 401)
    return 'Its own new token was refused: requests reach different services, look for a proxy before them';
  if (status === 403)
    return `The service is turned off or forbidden, run: ${modify} --http-endpoint enabled`;
  if (status === 429 || status >= 500)
    return 'The service is overloaded: nothing to do unless that lasts';
  return NOT_IMDS;
}
