import { execFileSync } from 'node:child_process';
import { FakeEc2Metadata } from '../../src/testing/index.js';
import { runCommand, runModule } from './compiled.js';
import { running } from './harness.js';

/** No other configuration, and limits that suit a busy machine. */
const isolated = {
  AWS_METADATA_SERVICE_TIMEOUT: '60',
  AWS_CONFIG_FILE: '/nonexistent',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
  AWS_EC2_METADATA_V1_DISABLED: 'true',
};

function hasBotocore(): boolean {
  try {
    execFileSync('python3', ['-c', 'import botocore'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const botocore = hasBotocore() ? it : it.skip;

describe('a client of AWS', () => {
  it('reads from the fake: @aws-sdk/ec2-metadata-service', async () => {
    const imds = await running(
      FakeEc2Metadata.start({
        interfaces: [{ ipv4: ['10.0.3.17', '10.0.3.18'], ipv6: ['2600::17'] }],
      }),
    );
    const { code, stdout, stderr } = await runModule(
      `
    import { MetadataService } from '@aws-sdk/ec2-metadata-service';
    const imds = new MetadataService({ httpOptions: { timeout: 60_000 }, retries: 0 });
    const read = (path) => imds.request(path, {});
    const [mac] = (await read('/latest/meta-data/network/interfaces/macs/')).split('\\n');
    console.log(JSON.stringify({
      token: (await imds.fetchMetadataToken()).length,
      id: await read('/latest/meta-data/instance-id'),
      mac,
      ipv4: await read(\`/latest/meta-data/network/interfaces/macs/\${mac}local-ipv4s\`),
      ipv6: await read(\`/latest/meta-data/network/interfaces/macs/\${mac}ipv6s\`),
      absent: await read('/latest/meta-data/public-ipv4').catch((error) => error.$metadata.httpStatusCode),
    }));
    `,
      { ...imds.env, ...isolated },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      token: 56,
      id: 'i-0123456789abcdef0',
      mac: '0e:00:00:00:00:00/',
      ipv4: '10.0.3.17\n10.0.3.18',
      ipv6: '2600::17',
      absent: 404,
    });
    expect(imds.requests.filter(({ status }) => status === 401)).toEqual([]);
  });

  it('reads from the fake: @smithy/credential-provider-imds', async () => {
    const imds = await running(FakeEc2Metadata.start());
    const { code, stdout, stderr } = await runModule(
      `
    import { fromInstanceMetadata } from '@smithy/credential-provider-imds';
    const { accessKeyId, expiration } = await fromInstanceMetadata({ timeout: 60_000, maxRetries: 0 })();
    console.log(JSON.stringify({ accessKeyId, valid: expiration > new Date() }));
    `,
      { ...imds.env, ...isolated },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      accessKeyId: 'ASIAFAKEFAKEFAKEFAKE',
      valid: true,
    });
    expect(imds.requests.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  botocore(
    'reads from the fake: botocore (skipped if python3-botocore is absent)',
    async () => {
      const imds = await running(
        FakeEc2Metadata.start({ region: 'eu-west-3' }),
      );
      const { code, stdout, stderr } = await runCommand(
        'python3',
        [
          '-c',
          `
import json
from botocore.session import Session
from botocore.utils import InstanceMetadataFetcher, InstanceMetadataRegionFetcher
credentials = Session().get_credentials()
config = {'ec2_metadata_service_endpoint': '${imds.url}', 'ec2_metadata_v1_disabled': True}
fetched = InstanceMetadataFetcher(timeout=60, config=config).retrieve_iam_role_credentials()
region = InstanceMetadataRegionFetcher(timeout=60, config=config).retrieve_region()
print(json.dumps([credentials.method, credentials.access_key, fetched['role_name'], region]))
`,
        ],
        { ...imds.env, ...isolated },
      );
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(JSON.parse(stdout)).toEqual([
        'iam-role',
        'ASIAFAKEFAKEFAKEFAKE',
        'fake-role',
        'eu-west-3',
      ]);
      expect(imds.requests.filter(({ status }) => status !== 200)).toEqual([]);
    },
  );
});
