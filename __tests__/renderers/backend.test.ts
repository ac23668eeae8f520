import { localStatePath, renderBackend } from '../../renderers/backend';
import { envOf } from './envs';

const URL = 'https://git.example.lan/{stack}';
const NAMED = 'https://git.example.lan/app-pote-dev';

const ELSEWHERE = {
  region: 'us-east-1',
  encrypt: false,
  use_path_style: true,
  skip_credentials_validation: true,
  skip_requesting_account_id: true,
  skip_region_validation: true,
  skip_metadata_api_check: true,
  skip_s3_checksum: true,
};

describe('renderBackend', () => {
  it.each([
    ['type: local', 'local', { path: '../../../state/app-pote-dev.tfstate' }],
    ['type: local, path: other/', 'local', { path: '../../../other/app-pote-dev.tfstate' }],
    ['type: cloud, organization: o', 'cloud', { organization: 'o', workspaces: { name: 'app-pote-dev' } }],
    [
      'type: cloud, organization: o, hostname: tfe.example.lan, project: p',
      'cloud',
      { organization: 'o', hostname: 'tfe.example.lan', workspaces: { name: 'app-pote-dev', project: 'p' } },
    ],
    [
      'type: s3, bucket: b',
      's3',
      { bucket: 'b', key: 'app-pote-dev.tfstate', encrypt: true, use_lockfile: true },
    ],
    [
      'type: s3, bucket: b, region: r, prefix: a/b//, profile: p, encrypt: false, use_lockfile: false, role_arn: "arn:x", max_retries: 3, shared_config_files: [~/.aws/config]',
      's3',
      {
        bucket: 'b',
        key: 'a/b/app-pote-dev.tfstate',
        encrypt: false,
        use_lockfile: false,
        region: 'r',
        profile: 'p',
        assume_role: { role_arn: 'arn:x' },
        max_retries: 3,
        shared_config_files: ['~/.aws/config'],
      },
    ],
    [
      'type: s3, bucket: b, endpoint: "https://s3.example.lan", skip_s3_checksum: false, custom_ca_bundle: /etc/ca.pem',
      's3',
      {
        bucket: 'b',
        key: 'app-pote-dev.tfstate',
        use_lockfile: true,
        endpoints: { s3: 'https://s3.example.lan' },
        custom_ca_bundle: '/etc/ca.pem',
        ...ELSEWHERE,
        skip_s3_checksum: false,
      },
    ],
    [
      'type: s3, bucket: b, endpoint: "https://bucket.vpce-1.s3.eu-central-1.vpce.amazonaws.com"',
      's3',
      {
        bucket: 'b',
        key: 'app-pote-dev.tfstate',
        encrypt: true,
        use_lockfile: true,
        endpoints: { s3: 'https://bucket.vpce-1.s3.eu-central-1.vpce.amazonaws.com' },
      },
    ],
    [`type: http, address: "${URL}"`, 'http', { address: NAMED }],
    [
      `type: http, address: "${URL}/{stack}", lock_address: "${URL}/l", unlock_address: "${URL}/u", lock_method: POST, unlock_method: DELETE, skip_cert_verification: false`,
      'http',
      {
        address: `${NAMED}/app-pote-dev`,
        lock_address: `${NAMED}/l`,
        unlock_address: `${NAMED}/u`,
        lock_method: 'POST',
        unlock_method: 'DELETE',
        skip_cert_verification: false,
      },
    ],
    ['type: pg', 'pg', { schema_name: 'app-pote-dev' }],
    [
      'type: pg, conn_str: "postgres://db.example.lan/tf"',
      'pg',
      { schema_name: 'app-pote-dev', conn_str: 'postgres://db.example.lan/tf' },
    ],
  ])('%s', (yaml, name, settings) => {
    expect(renderBackend(envOf({ top: `backend: {${yaml}}` }), '../../..')).toStrictEqual({ name, settings });
  });

  it('has a state folder for every backend', () => {
    expect(localStatePath(envOf({ top: 'backend: {type: pg}' }))).toBe('state/app-pote-dev.tfstate');
  });
});
