import { z } from 'zod';
import { bool, constant, filled, key, message } from './fields';

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
    region: key(constant(), { description: 'Region.' }),
    prefix: key(constant(), { description: 'Folder of the state objects.' }),
    endpoint: key(url(), { description: 'URL of another S3 service, e.g. MinIO.' }),
    profile: key(constant(), { description: 'AWS profile.' }),
    encrypt: filled(bool(), { description: 'Server-side encryption.', default: true }),
    use_lockfile: filled(bool(), {
      description: 'Lock by an object (Terraform 1.10 and later).',
      default: true,
    }),
    use_path_style: key(bool(), { description: 'Path-style addresses, as MinIO wants them.' }),
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
