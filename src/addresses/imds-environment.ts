import type { Environment } from './machine.js';

/** Whether `AWS_EC2_METADATA_DISABLED` forbids all requests. */
export function isImdsDisabled(env: Environment): boolean {
  return env['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true';
}

/** Whether the environment contains an endpoint. A machine with an endpoint has a metadata service. */
export function hasImdsEndpoint(env: Environment): boolean {
  return Boolean(env[ENDPOINT]);
}

/** The variable with the endpoint of the metadata service. */
export const ENDPOINT = 'AWS_EC2_METADATA_SERVICE_ENDPOINT';
