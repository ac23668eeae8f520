import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { isIP } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { URL } from 'node:url';
import type { ProxmoxApi } from '../../inventory/types';
import { endpoint } from '../../renderers/endpoint';
import type { Report } from './finding';
import { valueIn } from '../value';

/** An answer of the Proxmox API. */
export interface Answer {
  status: number;
  /** Undefined for a refusal, and for what is no JSON. */
  data: unknown;
  /** The API's own words. */
  message: string;
}

/** What answers the questions: a cluster, or a recording of one. */
export interface Api {
  get(where: string): Promise<Answer>;
}

/** A reached API and whose credentials it takes. */
export interface Reached extends Api {
  /** `user@realm`. */
  user: string;
  /** `user@realm!id`, of a token. */
  token?: string;
  close(): void;
}

/** Where programs in Go, as Terraform is, look for the system's certificates. Source: Go, crypto/x509/root_linux.go. */
const SYSTEM_CAS = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** What TLS says, and what to do. */
const CERTIFICATE: Record<string, string> = {
  CERT_HAS_EXPIRED:
    'Renew it: pvecm updatecerts --force on that node, or your own CA; and look at the clock of this machine.',
  CERT_NOT_YET_VALID: 'Look at the clocks of this machine and of that node.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'Write in proxmox_host a name or an address that stands in it.',
};
const TRUST =
  'Fetch the CA (scp root@<host>:/etc/pve/pve-root-ca.pem .) and export SSL_CERT_FILE with it: docs/quick-start.md, "The certificate".';

/**
 * Reaches the API as the provider will, and says what stands in the way.
 * @param api how the inventory says that it is reached
 * @param folder what a relative `proxmox_ca_file` counts from
 * @param environment variables of terraform
 * @param report takes the findings
 * @returns the API; undefined where it cannot be asked
 */
export async function reach(
  api: ProxmoxApi,
  folder: string,
  environment: NodeJS.ProcessEnv,
  report: Report,
): Promise<Reached | undefined> {
  const host = api.host ? valueIn(api.host, environment) : undefined;
  const url = host
    ? endpoint({ parts: [host], secret: false }, api.port)
    : environment['PROXMOX_VE_ENDPOINT'];
  if (!url) {
    report.fault(
      'nobody says where the Proxmox API is',
      'Write proxmox_host in the inventory, or export PROXMOX_VE_ENDPOINT.',
    );
    return undefined;
  }
  const base = URL.canParse(url) ? new URL(url) : undefined;
  if (base?.protocol !== 'https:') {
    report.fault(
      `${url} is no https URL`,
      'Write proxmox_host as a host name, an address or https://host:8006.',
    );
    return undefined;
  }
  if (!(await isResolved(base.hostname, report))) return undefined;
  const insecure = api.insecure || /^(1|true)$/.test(environment['PROXMOX_VE_INSECURE'] ?? '');
  const trusted = insecure ? {} : trust(api, folder, environment, report);
  if (!trusted) return undefined;

  const credentials = credentialsOf(api, environment);
  if (!credentials) {
    report.fault(
      'the credentials of the Proxmox API are not in this environment',
      'Export the variables of proxmox_token_secret (or proxmox_password), or PROXMOX_VE_API_TOKEN.',
    );
    return undefined;
  }
  const agent = new Agent({ keepAlive: true, maxSockets: 16, rejectUnauthorized: !insecure, ...trusted });
  let login: Record<string, string> = {};
  const send = (where: string, form?: string): Promise<Answer> => ask(base, agent, where, login, form);
  const close = (): void => {
    agent.destroy();
  };
  try {
    if (credentials.token !== undefined) login = { authorization: `PVEAPIToken=${credentials.token}` };
    else {
      const form = new URLSearchParams({ username: credentials.user, password: credentials.password ?? '' });
      const { status, data } = await send('access/ticket', form.toString());
      const ticket = (data as { ticket?: string } | undefined)?.ticket;
      if (status === 200 && ticket !== undefined)
        login = { cookie: `PVEAuthCookie=${encodeURIComponent(ticket)}` };
      else {
        report.fault(
          `the Proxmox API at ${base.origin} refuses the user ${credentials.user} (HTTP ${status})`,
          REFUSED,
        );
        close();
        return undefined;
      }
    }
    const { status, data, message } = await send('version');
    const version = (data as { version?: string } | undefined)?.version;
    if (status === 200 && version !== undefined) {
      report.ok(
        `the Proxmox API at ${base.origin} answers: Proxmox VE ${version}${insecure ? '' : ', and its certificate is trusted'}`,
      );
      if (insecure)
        report.note(
          'nobody checks the certificate of the Proxmox API',
          'Remove proxmox_insecure, and trust its CA.',
        );
      if (Number(version.split('.')[0]) < 8)
        report.fault(
          `Proxmox VE ${version} is too old`,
          'The provider works with 9, and with 8 within limits.',
        );
      const [token] = credentials.token?.split('=') ?? [];
      return { get: (where) => send(where), user: credentials.user, ...(token ? { token } : {}), close };
    }
    if (status === 401)
      report.fault(`the Proxmox API at ${base.origin} refuses the credentials (HTTP 401)`, REFUSED);
    else if (status === 200 || message === '')
      report.fault(
        `what answers at ${base.origin} is not the Proxmox API (HTTP ${status})`,
        'Look what stands between here and Proxmox (a proxy, a portal), and at proxmox_host.',
      );
    else
      report.fault(
        `the Proxmox API at ${base.origin} says: ${message} (HTTP ${status})`,
        'Look after the cluster.',
      );
  } catch (error) {
    sayUnreachable(base.origin, error as NodeJS.ErrnoException, report);
  }
  close();
  return undefined;
}

const REFUSED =
  'The token or the password is wrong, expired or revoked, or its user is disabled. A new token: pveum user token add <user> <id> --privsep 0.';

function sayUnreachable(origin: string, { code = '', message }: NodeJS.ErrnoException, report: Report): void {
  if (/CERT|SIGNED|SIGNATURE|ISSUER/.test(code)) {
    report.fault(`the certificate of ${origin} is not accepted (${code})`, CERTIFICATE[code] ?? TRUST);
    return;
  }
  const remedies: Record<string, string> = {
    ECONNREFUSED: 'Is it the right port (8006), and does pveproxy run there?',
    ETIMEDOUT: 'Is it on, and does a firewall stand between?',
    EHOSTUNREACH: 'Is there a way to that network from here?',
    ENETUNREACH: 'Is there a way to that network from here?',
    EPROTO: 'What is there speaks no TLS: look at the port.',
  };
  report.fault(
    `the Proxmox API at ${origin} does not answer: ${message}`,
    remedies[code] ?? 'Is it on, and is there a way to it from here?',
  );
}

async function isResolved(name: string, report: Report): Promise<boolean> {
  const bare = name.replace(/^\[|\]$/g, '');
  if (isIP(bare)) return true;
  try {
    const { address } = await lookup(bare);
    report.ok(`${bare} is ${address}`);
    return true;
  } catch (error) {
    report.fault(
      `the name ${bare} is not known here (${(error as NodeJS.ErrnoException).code ?? ''})`,
      'Write the address in proxmox_host, or mend the DNS of this machine.',
    );
    return false;
  }
}

/** The certificates that are trusted; nothing where a file cannot be read. */
function trust(
  { caFile }: ProxmoxApi,
  folder: string,
  environment: NodeJS.ProcessEnv,
  report: Report,
): { ca?: string } | undefined {
  const own = caFile && valueIn(caFile, environment);
  const exported = environment['SSL_CERT_FILE'];
  const expanded = own?.replace(/^~(?=\/)/, os.homedir());
  const file = exported ?? (expanded === undefined ? undefined : path.resolve(folder, expanded));
  if (file !== undefined) {
    try {
      const ca = readFileSync(file, 'utf8');
      // The provider itself reads SSL_CERT_FILE only.
      if (exported === undefined) {
        report.note(
          'proxmox_ca_file is trusted by the guards, and the provider reads only SSL_CERT_FILE and the system',
          `Where that CA is not in the system: cat /etc/ssl/certs/ca-certificates.crt ${file} > trusted.pem && export SSL_CERT_FILE="$PWD/trusted.pem".`,
        );
      }
      return { ca };
    } catch (error) {
      const name = exported === undefined ? 'proxmox_ca_file' : 'SSL_CERT_FILE';
      report.fault(
        `${name} cannot be read: ${file} (${(error as NodeJS.ErrnoException).code ?? ''})`,
        'Fetch the CA: scp root@<host>:/etc/pve/pve-root-ca.pem .',
      );
      return undefined;
    }
  }
  for (const system of SYSTEM_CAS) {
    try {
      return { ca: readFileSync(system, 'utf8') };
    } catch {
      // The next one; without any, those of Node.js.
    }
  }
  return {};
}

/** The provider prefers a token. */
function credentialsOf(
  api: ProxmoxApi,
  environment: NodeJS.ProcessEnv,
): { user: string; token?: string; password?: string } | undefined {
  const of = (text: ProxmoxApi['username'], name: string): string | undefined =>
    (text && valueIn(text, environment)) || environment[name] || undefined;
  const [id, secret] = [api.tokenId, api.tokenSecret].map((text) => text && valueIn(text, environment));
  const token = id && secret ? `${id}=${secret}` : environment['PROXMOX_VE_API_TOKEN'];
  if (token) return { user: token.split('!')[0] ?? '', token };
  const user = of(api.username, 'PROXMOX_VE_USERNAME');
  const password = of(api.password, 'PROXMOX_VE_PASSWORD');
  return user && password ? { user, password } : undefined;
}

function ask(
  base: URL,
  agent: Agent,
  where: string,
  headers: Record<string, string>,
  form?: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      new URL(`/api2/json/${where}`, base),
      {
        agent,
        method: form === undefined ? 'GET' : 'POST',
        headers: {
          ...headers,
          ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        },
        timeout: 10_000,
      },
      (incoming) => {
        let text = '';
        incoming.setEncoding('utf8').on('data', (chunk: string) => {
          // More than any list of guests; a stranger could go on for ever.
          if (text.length < 64 * 1024 * 1024) text += chunk;
        });
        incoming.on('error', reject).on('end', () => {
          resolve(read(incoming.statusCode ?? 0, text));
        });
      },
    );
    outgoing.on('timeout', () => {
      outgoing.destroy(Object.assign(new Error('no answer within 10 s'), { code: 'ETIMEDOUT' }));
    });
    outgoing.on('error', reject);
    outgoing.end(form);
  });
}

function read(status: number, text: string): Answer {
  try {
    const { data, message, errors } = JSON.parse(text) as {
      data?: unknown;
      message?: string;
      errors?: Record<string, string>;
    };
    const words = [message?.trim(), ...Object.values(errors ?? {})].filter(Boolean).join(' ');
    return { status, data: status === 200 ? data : undefined, message: words };
  } catch {
    return { status, data: undefined, message: '' };
  }
}
