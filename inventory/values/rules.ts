import { MAX_VALUE_BYTES } from '../env-value';
import type { Rule } from './rule';

/** A part never begins with `-`: where nothing stands before it, a program would read an option. */
const beginning = (characters: string): string => `^([${characters}][${characters}-]*)?$`;

const NAME = beginning('A-Za-z0-9_.');
/** No control character. */
const PRINTED = '^[^\\x00-\\x1f\\x7f]*$';
/** No control character but tab and line end. */
const LINES = '^[^\\x00-\\x08\\x0b-\\x1f\\x7f]+$';
const WORD = '^[^\\s\\x00-\\x1f\\x7f]*$';

const keyOf = (types: string): string => `^(${types}) [A-Za-z0-9+/]+={0,3}( [^\\x00-\\x1f\\x7f]*)?$`;

const OCTET = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
const GROUP = '[0-9A-Fa-f]{1,4}';
/** Eight groups, or fewer with one `::`; without an IPv4 address in it. */
const IPV6 = [
  `(${GROUP}:){7}(${GROUP}|:)`,
  ...[6, 5, 4, 3, 2, 1].map((before) => `(${GROUP}:){${before}}((:${GROUP}){1,${7 - before}}|:)`),
  `:((:${GROUP}){1,7}|:)`,
].join('|');

/** The kinds of text that may hold a vault reference, each with its rule. */
export const RULES = {
  line: {
    must: '^[^\\x00-\\x1f\\x7f]+$',
    part: PRINTED,
    what: 'is empty or holds a line end or another control character',
    instead: 'one line',
  },
  user: {
    must: '^[a-z_][a-z0-9_-]{0,31}$',
    part: beginning('a-z0-9_'),
    what: 'is not a user name',
    instead: 'e.g. root',
  },
  publicKey: {
    must: keyOf(
      'ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\\.com',
    ),
    part: PRINTED,
    not: [
      {
        pattern: 'PRIVATE KEY',
        words: {
          what: 'is a private key',
          fix: 'write the public one: the line of the file that ends in .pub',
        },
      },
      {
        pattern: '^(~|\\.{1,2})?/|\\.pub$',
        words: { what: 'is the path of a file', fix: 'write the line that stands in it' },
      },
    ],
    what: 'is not an SSH public key',
    instead: 'one line as in ~/.ssh/id_ed25519.pub: "ssh-ed25519 AAAA… name"',
    given: 'one line as in ~/.ssh/id_ed25519.pub, without its line end',
  },
  hostKey: {
    must: keyOf('ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)'),
    part: PRINTED,
    what: 'is not an SSH host key',
    instead: 'the type and the key of one line of /etc/ssh/ssh_host_ed25519_key.pub',
    given: 'the type and the key of /etc/ssh/ssh_host_ed25519_key.pub, without its line end',
  },
  host: {
    must: '^[A-Za-z0-9:][A-Za-z0-9.:-]*$',
    part: beginning('A-Za-z0-9.:'),
    not: [
      { pattern: '@', words: { what: 'holds a user', fix: 'write it as user:, beside host' } },
      { pattern: '^[^:]*:[0-9]+$', words: { what: 'holds a port', fix: 'write it as port:, beside host' } },
    ],
    what: 'is not a host',
    instead: 'a name or an address',
  },
  /** git check-ref-format --branch. */
  branch: {
    must: '^[^\\x00-\\x20\\x7f~^:?*\\[\\\\]+$',
    not: [
      {
        pattern: '^refs/(heads|tags|remotes)/',
        words: { what: 'is the path of a reference', fix: 'write the name alone, without refs/heads/' },
      },
      { pattern: '^[./-]|[./]$|\\.\\.|@\\{|//|/\\.|\\.lock$|\\.lock/|^(@|HEAD)$' },
    ],
    part: '^([^\\x00-\\x20\\x7f~^:?*\\[\\\\-][^\\x00-\\x20\\x7f~^:?*\\[\\\\]*)?$',
    what: 'is not a git branch name',
    instead: 'a branch such as main or feature/login (rules: git check-ref-format)',
  },
  repo: {
    must: '^((https?|ssh|git)://[^\\s\\x00-\\x1f\\x7f]+|[A-Za-z0-9._][A-Za-z0-9._-]*@[A-Za-z0-9.][A-Za-z0-9.-]*:[^\\s\\x00-\\x1f\\x7f]+)$',
    not: [
      {
        pattern: '^-',
        words: { what: 'begins with "-", which git reads as an option', fix: 'write the URL' },
      },
      {
        pattern: '^([^/]*@|[a-z+]+://([^/]*@)?)-',
        words: {
          what: 'has a host that begins with "-", which ssh reads as an option',
          fix: 'mend the host',
        },
      },
      {
        pattern: '^[A-Za-z0-9]+::',
        words: {
          what: 'uses a git remote helper, which can run any command',
          fix: 'write an https:// or ssh:// URL',
        },
      },
      {
        pattern: '^(file://|[/.~])',
        words: {
          what: 'is a path, which root would read on the guest, whoever may write there',
          fix: 'write the URL at which a server has it, e.g. ssh://git@git.example.lan/team/app.git',
        },
      },
      {
        pattern: '^[^/:]*@[^/:]*:[0-9]{1,5}(/|$)',
        words: {
          what: 'has a port where git reads a folder',
          fix: 'write ssh://git@host:2222/team/app.git for the port 2222, ssh://git@host/2222/app.git for the folder',
        },
      },
      { pattern: '\\s', words: { what: 'holds a space', fix: 'write the URL without spaces' } },
      {
        pattern: '^https?://[^/]*@|^[a-z+]+://[^/@]*:[^/@]*@',
        words: {
          what: 'holds credentials',
          fix: 'remove them and give a read-only deploy key as git_deploy_key: "{{ vault_… }}"',
        },
      },
    ],
    part: '^([^\\s\\x00-\\x1f\\x7f-][^\\s\\x00-\\x1f\\x7f]*)?$',
    what: 'is not a git URL',
    instead: 'e.g. git@git.example.lan:team/app.git',
    given: 'e.g. git@git.example.lan:team/app.git, without credentials: the key is git_deploy_key',
  },
  proxy: {
    must: '^https?://([A-Za-z0-9._~%!&()*+,;=-]+(:[A-Za-z0-9._~%!&()*+,;=-]*)?@)?([A-Za-z0-9][A-Za-z0-9.-]*|\\[[0-9A-Fa-f:]+\\])(:[0-9]{1,5})?/?$',
    part: '^[A-Za-z0-9._~%!&()*+,;=:-]*$',
    // Around a reference as well.
    not: [{ pattern: '[^A-Za-z0-9._~%!&()*+,;=:@/\\[\\]-]' }],
    what: 'is not the URL of a proxy',
    instead: 'e.g. http://proxy.example.lan:3128',
    given:
      'e.g. http://proxy.example.lan:3128, or a part of such a URL, where other characters than letters, digits and . _ ~ - are written as % and two hex digits',
  },
  deployKey: {
    must: '^[ \\n]*-----BEGIN [A-Z0-9 ]+-----\\n[A-Za-z0-9+/=:,. \\n-]+\\n-----END [A-Z0-9 ]+-----[ \\n]*$',
    part: '^[A-Za-z0-9+/=:,. \\n-]*$',
    what: 'is not a private key',
    instead: 'the content of the file, with its lines (and no carriage returns)',
  },
  knownHosts: {
    must: LINES,
    part: PRINTED,
    what: 'is not what stands in known_hosts',
    instead: 'lines as ssh-keyscan prints them',
  },
  package: {
    must: '^[a-z0-9][a-z0-9+.-]*[a-z0-9+.](:[a-z0-9]+)?(=[A-Za-z0-9.+:~-]+)?$',
    part: beginning('A-Za-z0-9.+:~='),
    what: 'is not a Debian package',
    instead: 'its name as `apt-cache search` shows it',
  },
  node: {
    must: '^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$',
    part: beginning('A-Za-z0-9'),
    what: 'is not a Proxmox node name',
    instead: 'the name as `pvesh get /nodes` shows it, e.g. pve',
  },
  template: {
    must: '^[^:\\s]+:vztmpl/[^\\s\\x00-\\x1f\\x7f]+$',
    part: WORD,
    what: 'is not a container template',
    instead: 'storage:vztmpl/file as `pveam list local` shows it',
  },
  storage: {
    must: '^[A-Za-z][A-Za-z0-9._-]*[A-Za-z0-9]$',
    part: NAME,
    what: 'is not a storage name',
    instead: 'the name as `pvesm status` shows it',
  },
  bridge: {
    must: '^[A-Za-z][A-Za-z0-9_.-]{0,14}$',
    part: NAME,
    what: 'is not a bridge name',
    instead: 'e.g. vmbr0',
  },
  nameserver: {
    must: `^(${OCTET}(\\.${OCTET}){3}|${IPV6})$`,
    part: '^[0-9A-Fa-f.:]*$',
    what: 'is not an address',
    instead: 'an address such as 10.0.10.1',
  },
  domain: {
    must: '^[A-Za-z0-9.-]+$',
    part: '^[A-Za-z0-9.-]*$',
    what: 'is not a domain',
    instead: 'e.g. example.lan',
  },
  description: {
    must: LINES,
    part: '^[^\\x00-\\x08\\x0b-\\x1f\\x7f]*$',
    what: 'is empty or holds a control character',
    instead: 'text',
  },
  mountPath: {
    must: '^/[^:,\\x00-\\x1f\\x7f]*$',
    part: '^[^:,\\x00-\\x1f\\x7f]*$',
    what: 'is not an absolute path',
    instead: 'e.g. /srv/data',
  },
  volume: {
    must: '^[^,\\s\\x00-\\x1f\\x7f]+$',
    part: '^[^,\\s\\x00-\\x1f\\x7f]*$',
    what: 'is not a volume',
    instead: 'a storage, a volume or a path',
  },
  apiHost: {
    must: '^(https://)?([A-Za-z0-9.-]+|\\[[0-9A-Fa-f:]+\\])(:[0-9]+)?/?$',
    part: '^[A-Za-z0-9.:/\\[\\]-]*$',
    what: 'is not a host name, address or https URL',
    instead: 'e.g. pve.example.lan or https://pve.example.lan:8006',
  },
  apiUser: {
    must: '^[^\\s:/!\\x00-\\x1f\\x7f]+@[A-Za-z][A-Za-z0-9._-]+$',
    part: '^[^\\s:/!\\x00-\\x1f\\x7f]*$',
    what: 'is not a Proxmox user',
    instead: 'name@realm, e.g. terraform@pve',
  },
  tokenId: {
    must: '^[^\\s:/!\\x00-\\x1f\\x7f]+@[A-Za-z][A-Za-z0-9._-]+![A-Za-z][A-Za-z0-9._-]+$',
    part: '^[^\\s:/\\x00-\\x1f\\x7f]*$',
    not: [
      {
        pattern: '=',
        words: {
          what: 'holds the secret of the token',
          fix: 'write what stands before "=", and the rest as proxmox_token_secret: "{{ vault_proxmox_token_secret }}"',
        },
      },
    ],
    what: 'is not a Proxmox token',
    instead: 'user@realm!id, e.g. terraform@pve!pvestack',
  },
  /**
   * A value of `env_vars`, for Terraform; of a literal envValueProblem says the same with more words. Broken UTF-8 is
   * U+FFFD to a regular expression; the rest are the noncharacters of the basic plane.
   */
  envValue: {
    not: [{ pattern: '[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x{9f}\\x{fdd0}-\\x{fdef}\\x{fffd}-\\x{ffff}]' }],
    maxBytes: MAX_VALUE_BYTES,
    what: `holds a control character (other than tab and line feed), bytes that are no text, or more than ${MAX_VALUE_BYTES} bytes`,
    instead: 'text, or the value in base64',
  },
} as const satisfies Record<string, Rule>;
