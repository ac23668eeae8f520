import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One archive of the machine's apt sources. */
interface AptSource {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
}

/** Sources in the one-line format (`deb [options] URI suite component …`). */
export function parseListFile(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+([^#]+)/.exec(line);
    const [, uri = '', suite = '', components = ''] = match ?? [];
    return match ? [{ uri, suite, components: components.trim().split(/\s+/) }] : [];
  });
}

/** Sources in the deb822 format (`Types:`, `URIs:`, … in paragraphs). */
export function parseSourcesFile(text: string): AptSource[] {
  const paragraphs = text.replace(/^#.*\n?/gm, '').split(/\n\s*\n/);
  return paragraphs.flatMap((paragraph) => {
    const words = (name: string): string[] =>
      (new RegExp(`^${name}:((?:.*)(?:\n[ \t].*)*)`, 'im').exec(paragraph)?.[1] ?? '')
        .split(/\s+/)
        .filter((word) => word !== '');
    if (!words('Types').includes('deb') || words('Enabled').includes('no')) return [];
    return words('URIs').flatMap((uri) =>
      words('Suites').map((suite) => ({ uri, suite, components: words('Components') })),
    );
  });
}

function readAptSources(folder: string): AptSource[] {
  const found: AptSource[] = [];
  const main = join(folder, 'sources.list');
  if (existsSync(main)) found.push(...parseListFile(readFileSync(main, 'utf8')));
  const parts = join(folder, 'sources.list.d');
  for (const name of existsSync(parts) ? readdirSync(parts).sort() : []) {
    const text = (): string => readFileSync(join(parts, name), 'utf8');
    if (name.endsWith('.list')) found.push(...parseListFile(text()));
    if (name.endsWith('.sources')) found.push(...parseSourcesFile(text()));
  }
  return found;
}

/**
 * The machine's Debian sources turned into those of another release.
 * @param sources of the machine
 * @param codename of the machine's release, e.g. `bookworm`
 * @param suite the release that is wanted
 * @returns lines of a sources.list
 */
export function debianSources(sources: readonly AptSource[], codename: string, suite: string): string[] {
  const lines = sources.flatMap((source) => {
    const match = /^([a-z]+)(-updates|-security|\/updates)?$/.exec(source.suite);
    if (!match || ![codename, 'stable'].includes(match[1] ?? '') || !source.components.includes('main'))
      return [];
    return [`deb ${source.uri} ${suite}${match[2] ?? ''} main`];
  });
  return [...new Set(lines)];
}

function setting(file: string, args: readonly string[]): string | undefined {
  try {
    const output = execFileSync(file, args, { stdio: ['ignore', 'pipe', 'ignore'], timeout: 20_000 });
    return output.toString().trim() || undefined;
  } catch {
    return undefined;
  }
}

/** How this machine gets packages: read when a lab starts, never written down anywhere. */
export interface Machine {
  readonly codename: string;
  readonly aptSources: readonly AptSource[];
  /** Lines of an apt.conf about what the machine's archives need (dates that are not checked, for example). */
  readonly aptOptions: readonly string[];
  /** The proxy that the machine uses for http, if any. */
  readonly httpProxy?: string;
  /** The proxy that the machine uses for https, if any. */
  readonly httpsProxy?: string;
  /** Certificates (PEM) that the machine trusts besides those of its distribution. */
  readonly certificates: readonly string[];
}

function certificates(): string[] {
  const folder = '/usr/local/share/ca-certificates';
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.crt')) : [];
  return names.sort().map((name) => readFileSync(join(folder, name), 'utf8'));
}

/** Reads the configuration of apt and the usual environment variables. */
export function readMachine(): Machine {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const options = (setting('apt-config', ['dump']) ?? '').split('\n');
  const proxy = (scheme: string): string | undefined =>
    process.env[`${scheme}_proxy`] ??
    process.env[`${scheme.toUpperCase()}_PROXY`] ??
    new RegExp(`^Acquire::${scheme}::Proxy "([^"]+)";$`, 'm').exec(options.join('\n'))?.[1];
  const httpProxy = proxy('http');
  const httpsProxy = proxy('https') ?? httpProxy;
  return {
    codename: /^VERSION_CODENAME=(\S+)$/m.exec(release)?.[1] ?? '',
    aptSources: readAptSources('/etc/apt'),
    aptOptions: options.filter((line) => /^Acquire::(Check|Max)-\S+ "[^"]+";$/.test(line)),
    ...(httpProxy === undefined ? {} : { httpProxy }),
    ...(httpsProxy === undefined ? {} : { httpsProxy }),
    certificates: certificates(),
  };
}
