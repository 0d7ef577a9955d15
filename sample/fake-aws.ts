import { readFileSync } from 'node:fs';
import { FakeEc2Metadata } from 'nestjs-allowed-hosts/testing';

/** Outside AWS, starts a fake metadata service for this process. On AWS the real one is used. */
export async function fakeAwsUnlessThere(): Promise<
  FakeEc2Metadata | undefined
> {
  if (runsInACloud()) return undefined;
  const fake = await FakeEc2Metadata.start();
  Object.assign(process.env, fake.env);
  console.log(
    `This is not AWS. A fake EC2 metadata service at ${fake.url} reports 10.0.3.17 as the address of this machine.\n`,
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
      readFirmware(file).startsWith('Amazon EC2'),
    )
  );
}

function readFirmware(file: string): string {
  try {
    return readFileSync(`/sys/devices/virtual/dmi/id/${file}`, 'utf8');
  } catch {
    return '';
  }
}
