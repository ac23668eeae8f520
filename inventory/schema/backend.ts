import * as z from 'zod';
import { bool, constant, filled, key, message, whole } from './fields';

const url = (): z.ZodString =>
  constant()
    .refine(
      (value) => /^https?:\/\/[^\s]+$/.test(value),
      message('is not an http(s) URL', 'write e.g. https://git.example.lan/…'),
    )
    .refine(
      (value) => !/^https?:\/\/[^/]*@/.test(value),
      message('holds credentials', 'remove them; export TF_HTTP_USERNAME and TF_HTTP_PASSWORD'),
    );

const perStack = (): z.ZodString =>
  url().refine(
    (value) => value.includes('{stack}'),
    message('is the same for every stack', "put {stack} where the stack's name belongs"),
  );

/** Terraform runs in the stack's folder: a relative path would count from there. */
const file = (): z.ZodString =>
  constant().refine(
    (value) => /^[/~]/.test(value),
    message('is not an absolute path', 'write it from / or ~ on: Terraform runs in the folder of the stack'),
  );

/** What holds for a service that is not AWS. */
const elsewhere = (description: string): z.ZodOptional<ReturnType<typeof bool>> =>
  key(bool(), { description, otherwise: '`true` with `endpoint`, else `false`' });

/** Where the state files of a local backend lie when nobody says otherwise. */
export const STATE_FOLDER = 'state';

/** The backends and their keys; secrets come from each backend's own environment variables. */
export const backendSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('local'),
    path: filled(
      constant().refine(
        (value) => !value.startsWith('/') && !value.startsWith('~'),
        message('is not relative', 'write a folder relative to cdktf.json, e.g. state'),
      ),
      { description: 'Folder of the state files, relative to cdktf.json.', default: STATE_FOLDER },
    ),
  }),
  z.strictObject({
    type: z.literal('cloud'),
    organization: constant().meta({
      description: 'HCP Terraform organization. The workspace is named like the stack.',
    }),
    hostname: key(constant(), { description: 'Host of Terraform Enterprise.' }),
    project: key(constant(), { description: 'Project that new workspaces are made in.' }),
  }),
  z.strictObject({
    type: z.literal('s3'),
    bucket: constant().meta({ description: 'Bucket of the state objects.' }),
    region: key(constant(), {
      description: 'Region.',
      otherwise: '`AWS_REGION`; with `endpoint` `us-east-1`, which other services ignore',
    }),
    prefix: key(constant(), { description: 'Folder of the state objects.' }),
    endpoint: key(url(), { description: 'URL of another S3 service, e.g. MinIO, Ceph, Garage.' }),
    profile: key(constant(), { description: 'AWS profile.' }),
    encrypt: key(bool(), {
      description: 'Server-side encryption.',
      otherwise:
        '`true`; with `endpoint` `false`, because other services refuse it unless they are set up for it',
    }),
    use_lockfile: filled(bool(), {
      description: 'Lock by an object (Terraform 1.10 and later).',
      default: true,
    }),
    use_path_style: elsewhere('Path-style addresses.'),
    skip_credentials_validation: elsewhere('Do not ask STS of AWS whether the credentials are good.'),
    skip_requesting_account_id: elsewhere('Do not ask AWS for the account.'),
    skip_region_validation: elsewhere('Take regions that AWS does not have.'),
    skip_metadata_api_check: elsewhere('Do not ask the metadata service of EC2 for credentials.'),
    skip_s3_checksum: elsewhere('Send no checksums that only AWS knows.'),
    kms_key_id: key(constant(), { description: 'Key of KMS for the encryption.' }),
    acl: key(constant(), { description: 'Canned ACL of the objects.' }),
    dynamodb_table: key(constant(), { description: 'Table that locks, before Terraform 1.10.' }),
    role_arn: key(constant(), { description: 'Role to assume.' }),
    allowed_account_ids: key(z.array(constant()), { description: 'The only accounts.' }),
    forbidden_account_ids: key(z.array(constant()), { description: 'Accounts that are refused.' }),
    shared_config_files: key(z.array(file()), { description: 'Paths of the configuration of AWS.' }),
    shared_credentials_files: key(z.array(file()), { description: 'Paths of the credentials of AWS.' }),
    custom_ca_bundle: key(file(), {
      description: 'Path of the CA of the service.',
      otherwise: '`AWS_CA_BUNDLE`',
    }),
    insecure: key(bool(), { description: 'Do not verify the certificate.' }),
    http_proxy: key(url(), { description: 'Proxy.', otherwise: '`HTTP_PROXY`' }),
    https_proxy: key(url(), { description: 'Proxy.', otherwise: '`HTTPS_PROXY`' }),
    no_proxy: key(constant(), { description: 'Hosts without a proxy.', otherwise: '`NO_PROXY`' }),
    max_retries: key(whole(0, 100), { description: 'How often a request is tried again.' }),
    retry_mode: key(z.enum(['standard', 'adaptive']), { description: 'How it is tried again.' }),
    use_fips_endpoint: key(bool(), { description: 'Endpoints of FIPS.' }),
    use_dualstack_endpoint: key(bool(), { description: 'Endpoints with IPv6.' }),
  }),
  z.strictObject({
    type: z.literal('http'),
    address: perStack().meta({ description: 'URL of the state, with `{stack}` in it (Gitea, GitLab).' }),
    lock_address: key(perStack(), { description: 'URL of the lock, with `{stack}` in it.' }),
    unlock_address: key(perStack(), { description: 'URL of the unlock, with `{stack}` in it.' }),
    lock_method: key(constant(), { description: 'HTTP method that locks.' }),
    unlock_method: key(constant(), { description: 'HTTP method that unlocks.' }),
    skip_cert_verification: key(bool(), { description: 'Do not verify the certificate.' }),
  }),
  z.strictObject({
    type: z.literal('pg'),
    conn_str: key(
      constant().refine(
        (value) => !/:\/\/[^/@\s]*:[^/@\s]*@|password\s*=/.test(value),
        message('holds a password', 'leave it out; export PG_CONN_STR or PGPASSWORD'),
      ),
      { description: 'Connection string without a password.', otherwise: '`PG_CONN_STR`' },
    ),
  }),
]);
/** Where a stack's state lies, as written in the inventory. */
export type BackendInput = z.infer<typeof backendSchema>;
