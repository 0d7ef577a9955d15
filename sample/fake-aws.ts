import { readFileSync } from 'node:fs';
import { FakeEc2Metadata } from 'nestjs-allowed-hosts/testing';

/** Off AWS, a metadata service on this machine, for this process alone. On AWS the real one is asked. */
export async function fakeAwsUnlessThere(): Promise<
  FakeEc2Metadata | undefined
> {
  if (runsInACloud()) return undefined;
  const fake = await FakeEc2Metadata.start();
  Object.assign(process.env, fake.env);
  console.log(
    `This is not AWS: a fake EC2 metadata service at ${fake.url} says that this machine is 10.0.3.17.\n`,
  );
  return fake;
}

function runsInACloud(): boolean {
  return (
    [
      'ECS_CONTAINER_METADATA_URI_V4',
      'KUBERNETES_SERVICE_HOST',
      'AWS_EC2_METADATA_SERVICE_ENDPOINT',
    ].some((name) => process.env[name]) ||
    ['sys_vendor', 'bios_vendor'].some((file) =>
      firmwareSays(file).startsWith('Amazon EC2'),
    )
  );
}

function firmwareSays(file: string): string {
  try {
    return readFileSync(`/sys/devices/virtual/dmi/id/${file}`, 'utf8');
  } catch {
    return '';
  }
}
