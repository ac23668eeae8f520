import { MAX_VALUE_BYTES } from '../inventory/env-value';
import type { Text } from '../inventory/text';
import type { Env, ProxmoxApi } from '../inventory/types';
import { quote, template } from './expression';

/**
 * What a value must be that only Terraform knows, as the inventory's schema says it of a literal. Patterns are in
 * the syntax that JavaScript and Terraform (RE2) share.
 */
interface Rule {
  /** Patterns of a value that is the whole field. */
  whole: { must?: string; not?: string };
  /** Pattern of a value that is a part of a longer text. */
  part: string;
  /** e.g. `is not a host`. */
  what: string;
  /** What to give instead. */
  fix: string;
}

const rule = (must: string, part: string, what: string, fix: string, not?: string): Rule => ({
  whole: { must, ...(not === undefined ? {} : { not }) },
  part,
  what,
  fix,
});

/** A part never begins with `-`: where nothing stands before it, a program would read an option. */
const beginning = (characters: string): string => `^([${characters}][${characters}-]*)?$`;

const NAME = beginning('A-Za-z0-9_.');
const PRINTED = '^[^\\x00-\\x1f\\x7f]*$';

/** Any single line. */
const LINE: Rule = rule(
  '^[^\\x00-\\x1f\\x7f]+$',
  PRINTED,
  'is empty or holds a line end or another control character',
  'give one line',
);

const USER = rule('^[a-z_][a-z0-9_-]{0,31}$', beginning('a-z0-9_'), 'is not a user name', 'give e.g. root');

const keyOf = (types: string): string => `^(${types}) [A-Za-z0-9+/]+={0,3}( [^\\x00-\\x1f\\x7f]*)?$`;

/** The rule of each field that may hold a reference; what has none is one line. */
const RULES = {
  publicKey: rule(
    keyOf(
      'ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\\.com',
    ),
    PRINTED,
    'is not an SSH public key',
    'give one line as in ~/.ssh/id_ed25519.pub, without its line end',
  ),
  hostKey: rule(
    keyOf('ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)'),
    PRINTED,
    'is not an SSH host key',
    'give the type and the key of /etc/ssh/ssh_host_ed25519_key.pub, without its line end',
  ),
  bastionHost: rule(
    '^[A-Za-z0-9:][A-Za-z0-9.:-]*$',
    beginning('A-Za-z0-9.:'),
    'is not a host',
    'give a name or an address',
  ),
  branch: rule(
    '^[^\\x00-\\x20\\x7f~^:?*\\[\\\\]+$',
    '^([^\\x00-\\x20\\x7f~^:?*\\[\\\\-][^\\x00-\\x20\\x7f~^:?*\\[\\\\]*)?$',
    'is not a git branch name',
    'give a branch such as main or feature/login',
    '^[./-]|[./]$|\\.\\.|@\\{|//|/\\.|\\.lock$|\\.lock/|^(@|HEAD)$',
  ),
  repo: rule(
    '^((https?|ssh|git|file)://[^\\s\\x00-\\x1f\\x7f]+|[A-Za-z0-9._][A-Za-z0-9._-]*@[A-Za-z0-9.][A-Za-z0-9.-]*:[^\\s\\x00-\\x1f\\x7f]+|/[^\\s\\x00-\\x1f\\x7f]+)$',
    '^([^\\s\\x00-\\x1f\\x7f-][^\\s\\x00-\\x1f\\x7f]*)?$',
    'is not a git URL, or has credentials in it',
    'give e.g. git@git.example.lan:team/app.git, and the key as git_deploy_key',
    '^[a-z+]+://([^/]*@)?-|^https?://[^/]*@|^[a-z+]+://[^/@]*:[^/@]*@',
  ),
  deployKey: rule(
    '^[ \\n]*-----BEGIN [A-Z0-9 ]+-----\\n[A-Za-z0-9+/=:,. \\n-]+\\n-----END [A-Z0-9 ]+-----[ \\n]*$',
    '^[A-Za-z0-9+/=:,. \\n-]*$',
    'is not a private key',
    'give the content of the file, with its lines (and no carriage returns)',
  ),
  knownHosts: rule(
    '^[^\\x00-\\x08\\x0b-\\x1f\\x7f]+$',
    PRINTED,
    'is not what stands in known_hosts',
    'give lines as ssh-keyscan prints them',
  ),
  package: rule(
    '^[a-z0-9][a-z0-9+.-]*[a-z0-9+.](:[a-z0-9]+)?(=[A-Za-z0-9.+:~-]+)?$',
    beginning('A-Za-z0-9.+:~='),
    'is not a Debian package',
    'give its name as `apt-cache search` shows it',
  ),
  node: rule(
    '^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$',
    beginning('A-Za-z0-9'),
    'is not a Proxmox node name',
    'give the name as `pvesh get /nodes` shows it, e.g. pve',
  ),
  template: rule(
    '^[^:\\s]+:vztmpl/[^\\s\\x00-\\x1f\\x7f]+$',
    '^[^\\s\\x00-\\x1f\\x7f]*$',
    'is not a container template',
    'give storage:vztmpl/file as `pveam list local` shows it',
  ),
  storage: rule(
    '^[A-Za-z][A-Za-z0-9._-]*[A-Za-z0-9]$',
    NAME,
    'is not a storage name',
    'give the name as `pvesm status` shows it',
  ),
  bridge: rule('^[A-Za-z][A-Za-z0-9_.-]{0,14}$', NAME, 'is not a bridge name', 'give e.g. vmbr0'),
  nameserver: rule(
    '^([0-9]{1,3}(\\.[0-9]{1,3}){3}|[0-9A-Fa-f.:]*:[0-9A-Fa-f.:]*)$',
    '^[0-9A-Fa-f.:]*$',
    'is not an address',
    'give an address such as 10.0.10.1',
  ),
  domain: rule('^[A-Za-z0-9.-]+$', '^[A-Za-z0-9.-]*$', 'is not a domain', 'give e.g. example.lan'),
  description: rule(
    '^[^\\x00-\\x08\\x0b-\\x1f\\x7f]+$',
    '^[^\\x00-\\x08\\x0b-\\x1f\\x7f]*$',
    'is empty or holds a control character',
    'give text',
  ),
  mountPath: rule(
    '^/[^:,\\x00-\\x1f\\x7f]*$',
    '^[^:,\\x00-\\x1f\\x7f]*$',
    'is not an absolute path',
    'give e.g. /srv/data',
  ),
  volume: rule(
    '^[^,\\s\\x00-\\x1f\\x7f]+$',
    '^[^,\\s\\x00-\\x1f\\x7f]*$',
    'is not a volume',
    'give a storage, a volume or a path',
  ),
  apiHost: rule(
    '^(https://)?([A-Za-z0-9.-]+|\\[[0-9A-Fa-f:]+\\])(:[0-9]+)?/?$',
    '^[A-Za-z0-9.:/\\[\\]-]*$',
    'is not a host name, address or https URL',
    'give e.g. pve.example.lan or https://pve.example.lan:8006',
  ),
  apiUser: rule(
    '^[^\\s:/!\\x00-\\x1f\\x7f]+@[A-Za-z][A-Za-z0-9._-]+$',
    '^[^\\s:/!\\x00-\\x1f\\x7f]*$',
    'is not a Proxmox user',
    'give name@realm, e.g. terraform@pve',
  ),
  tokenId: rule(
    '^[^\\s:/!\\x00-\\x1f\\x7f]+@[A-Za-z][A-Za-z0-9._-]+![A-Za-z][A-Za-z0-9._-]+$',
    '^[^\\s:/\\x00-\\x1f\\x7f]*$',
    'is not a Proxmox token',
    'give user@realm!id, e.g. terraform@pve!pvestack',
  ),
} as const satisfies Record<string, Rule>;

/** The condition that a value must meet, and what to say otherwise. */
export interface Condition {
  condition: string;
  errorMessage: string;
}

/**
 * What is to be checked of each variable of an env, once for each kind of field that uses it.
 * @param env the env
 * @param api how the API is reached
 * @param texts all texts of the stack
 * @returns conditions by the variable's name; no variable of a text is without one
 */
export function variableConditions(
  env: Env,
  api: ProxmoxApi,
  texts: Iterable<Text>,
): Map<string, Condition[]> {
  const rules = rulesOf(env, api);
  const values = new Set(Object.values(env.app.envVars));
  const found = new Map<string, Map<string, Condition>>();
  for (const text of texts) {
    for (const part of text.parts) {
      if (typeof part === 'string') continue;
      const { variable } = part;
      const condition = values.has(text)
        ? valueCondition(variable)
        : ruleCondition(variable, rules.get(text) ?? LINE, text.parts.length === 1);
      const known = found.get(variable) ?? new Map<string, Condition>();
      found.set(variable, known.set(condition.condition, condition));
    }
  }
  return new Map([...found].map(([name, conditions]) => [name, [...conditions.values()]]));
}

function rulesOf(env: Env, api: ProxmoxApi): Map<Text, Rule> {
  const { app, guest, ssh } = env;
  const all: readonly (readonly [Text | undefined, Rule])[] = [
    [ssh.user, USER],
    ...ssh.publicKeys.map((key) => [key, RULES.publicKey] as const),
    [ssh.hostKey, RULES.hostKey],
    [ssh.bastion?.host, RULES.bastionHost],
    [ssh.bastion?.user, USER],
    [app.branch, RULES.branch],
    [app.repo, RULES.repo],
    [app.deployKey, RULES.deployKey],
    ...app.knownHosts.map((line) => [line, RULES.knownHosts] as const),
    ...app.packages.map((name) => [name, RULES.package] as const),
    [env.node, RULES.node],
    [guest.template, RULES.template],
    [guest.diskStorage, RULES.storage],
    [guest.bridge, RULES.bridge],
    ...guest.nameservers.map((server) => [server, RULES.nameserver] as const),
    [guest.searchdomain, RULES.domain],
    [guest.description, RULES.description],
    ...guest.mountPoints.flatMap(
      ({ path, volume }) =>
        [
          [path, RULES.mountPath],
          [volume, RULES.volume],
        ] as const,
    ),
    [api.host, RULES.apiHost],
    [api.username, RULES.apiUser],
    [api.tokenId, RULES.tokenId],
  ];
  return new Map(all.flatMap(([text, rule]) => (text ? [[text, rule]] : [])));
}

/** Of a missing value only that is said. */
const ifGiven = (variable: string, test: string): string =>
  template(`var.${variable} == null ? true : ${test}`);

function ruleCondition(variable: string, { whole, part, what, fix }: Rule, alone: boolean): Condition {
  const matches = (pattern: string): string => `can(regex(${quote(pattern)}, var.${variable}))`;
  const tests = alone
    ? [...(whole.must ? [matches(whole.must)] : []), ...(whole.not ? [`!${matches(whole.not)}`] : [])]
    : [matches(part)];
  return {
    condition: ifGiven(variable, tests.join(' && ')),
    errorMessage: `${variable} ${alone ? '' : 'stands in a longer text of the inventory and '}${what}: ${fix}.`,
  };
}

/** The same as envValueProblem says of a literal; what is not NFC has become it before. */
function valueCondition(variable: string): Condition {
  // Broken UTF-8 is U+FFFD to a regular expression; the rest are the noncharacters of the basic plane.
  const unreadable = '[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x{9f}\\x{fdd0}-\\x{fdef}\\x{fffd}-\\x{ffff}]';
  const readable = `!can(regex(${quote(unreadable)}, var.${variable}))`;
  // base64 counts bytes, 4 for 3; length() counts characters.
  const short = `length(base64encode(var.${variable})) <= ${(MAX_VALUE_BYTES / 3) * 4}`;
  return {
    condition: ifGiven(variable, `${readable} && ${short}`),
    errorMessage: `${variable} holds a control character (other than tab and line feed), bytes that are no text, or more than ${MAX_VALUE_BYTES} bytes: give text, or the value in base64.`,
  };
}
