import { runCommand } from './command';

/** Where this machine gets Python and Node packages from. */
export interface Registries {
  /** Hosts that pip and npm talk to. */
  readonly hosts: readonly string[];
  /** pip's index, where the machine names one. */
  readonly pipIndex?: string;
  /** npm's registry. */
  readonly npmRegistry?: string;
}

/** What pip uses unless told otherwise, in its own words: index and host of the files. */
const PIP_DEFAULTS =
  'from pip._internal.models.index import PyPI; print(PyPI.simple_url); print("https://" + PyPI.file_storage_domain)';

async function output(command: readonly string[]): Promise<string[]> {
  try {
    // On a busy machine pip takes a minute to start; without its answer guests would get no packages.
    return (await runCommand(command, { timeoutMs: 180_000 })).split('\n').map((line) => line.trim());
  } catch {
    // Not installed.
    return [];
  }
}

function host(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}

/** Asks pip and npm, as they are set up on this machine (files and environment). */
export async function readRegistries(): Promise<Registries> {
  const [config, defaults, npm] = await Promise.all([
    output(['pip', 'config', 'list']),
    output(['python3', '-c', PIP_DEFAULTS]),
    output(['npm', 'config', 'get', 'registry']),
  ]);
  const setting = (name: string): string[] =>
    config.flatMap((line) => new RegExp(`^\\S+\\.${name}='(.*)'$`).exec(line)?.[1]?.split(/\\n|\s+/) ?? []);
  const [pipIndex] = setting('index-url');
  const [npmRegistry] = npm.filter((line) => host(line) !== undefined);
  const urls = [pipIndex ?? '', ...setting('extra-index-url'), ...defaults, npmRegistry ?? ''];
  return {
    hosts: [...new Set(urls.flatMap((url) => host(url) ?? []))],
    ...(pipIndex === undefined ? {} : { pipIndex }),
    ...(npmRegistry === undefined ? {} : { npmRegistry }),
  };
}

const CA_BUNDLE = '/etc/ssl/certs/ca-certificates.crt';

/**
 * Files that lead a guest's package managers through a proxy.
 * @param proxy its URL
 * @returns paths and texts
 */
export function packageFiles(proxy: string, registries: Registries): [string, string][] {
  const apt = [`Acquire::http::Proxy "${proxy}";`, `Acquire::https::Proxy "${proxy}";`];
  const { pipIndex, npmRegistry } = registries;
  const pip = ['[global]', `proxy = ${proxy}`, `cert = ${CA_BUNDLE}`];
  if (pipIndex !== undefined) pip.push(`index-url = ${pipIndex}`);
  const npm = [`proxy=${proxy}`, `https-proxy=${proxy}`, `cafile=${CA_BUNDLE}`];
  if (npmRegistry !== undefined) npm.push(`registry=${npmRegistry}`);
  const text = (lines: readonly string[]): string => `${lines.join('\n')}\n`;
  return [
    ['/etc/apt/apt.conf.d/90lab', text(apt)],
    ['/etc/pip.conf', text(pip)],
    // Debian's npm reads the first, that of Node's own packages the second.
    ['/etc/npmrc', text(npm)],
    ['/usr/etc/npmrc', text(npm)],
  ];
}
