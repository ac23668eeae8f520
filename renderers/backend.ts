import { STATE_FOLDER } from '../inventory/schema/backend';
import type { Env } from '../inventory/types';

/** A Terraform backend. */
export interface Backend {
  /** Its type, e.g. `s3`; `cloud` for HCP Terraform. */
  name: string;
  /** Its settings, as Terraform reads them. */
  settings: Record<string, unknown>;
}

/**
 * Where a stack's state lies.
 * @param env the env
 * @param toRoot the way from the stack's folder to the folder of cdktf.json, e.g. `../../..`
 * @returns the backend; the workspace, key, schema or file is named like the stack
 */
export function renderBackend(env: Env, toRoot: string): Backend {
  const { backend, stack } = env;
  switch (backend.type) {
    case 'local':
      return { name: 'local', settings: { path: `${toRoot}/${localStatePath(env)}` } };
    case 'cloud': {
      const { organization, hostname, project } = backend;
      return {
        name: 'cloud',
        settings: {
          organization,
          ...(hostname === undefined ? {} : { hostname }),
          workspaces: { name: stack, ...(project === undefined ? {} : { project }) },
        },
      };
    }
    case 's3':
      return { name: 's3', settings: s3Settings(backend, stack) };
    case 'http': {
      const { address, lock_address, unlock_address, lock_method, unlock_method, skip_cert_verification } =
        backend;
      const named = (url: string | undefined): string | undefined => url?.replaceAll('{stack}', stack);
      const settings = {
        address: named(address),
        lock_address: named(lock_address),
        unlock_address: named(unlock_address),
        lock_method,
        unlock_method,
        skip_cert_verification,
      };
      return {
        name: 'http',
        settings: Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)),
      };
    }
    case 'pg':
      return {
        name: 'pg',
        settings: {
          schema_name: stack,
          ...(backend.conn_str === undefined ? {} : { conn_str: backend.conn_str }),
        },
      };
  }
}

/** What another service than AWS needs: it has no STS, no regions, and no checksums of AWS's own. */
const ELSEWHERE = {
  region: 'us-east-1',
  encrypt: false,
  use_path_style: true,
  skip_credentials_validation: true,
  skip_requesting_account_id: true,
  skip_region_validation: true,
  skip_metadata_api_check: true,
  skip_s3_checksum: true,
} as const;

/** Settings as Terraform names them. Source: Terraform, "Backend Type: s3". */
function s3Settings(
  { type: _type, prefix, endpoint, role_arn, ...same }: Extract<Env['backend'], { type: 's3' }>,
  stack: string,
): Record<string, unknown> {
  const folder = prefix === undefined ? '' : `${prefix.replace(/\/+$/, '')}/`;
  const isElsewhere =
    endpoint !== undefined && !/^https?:\/\/[^/]*\.amazonaws\.com(\.cn)?(:\d+)?(\/|$)/.test(endpoint);
  const written = Object.fromEntries(Object.entries(same).filter(([, value]) => value !== undefined));
  return {
    key: `${folder}${stack}.tfstate`,
    ...(isElsewhere ? ELSEWHERE : { encrypt: true }),
    ...written,
    ...(endpoint === undefined ? {} : { endpoints: { s3: endpoint } }),
    ...(role_arn === undefined ? {} : { assume_role: { role_arn } }),
  };
}

/**
 * The state file of a stack with a local backend.
 * @param env the env
 * @returns its path, relative to the folder of cdktf.json: outside of cdktf.out, which people and the CLI delete
 */
export function localStatePath(env: Env): string {
  const folder = env.backend.type === 'local' ? env.backend.path : STATE_FOLDER;
  return `${folder.replace(/\/+$/, '')}/${env.stack}.tfstate`;
}
