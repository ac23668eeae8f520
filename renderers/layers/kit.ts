import { createHash } from 'node:crypto';
import type { BaseOs, Env } from '../../inventory/types';
import { escapeLiteral, template, toTemplate, variablesOf } from '../expression';
import { kit as programs, KIT_FILE } from '../kit';
import { type GuestFile, type Layer, rootFile } from './layer';
import { CONFIG, unitPath } from './paths';

let sum: string | undefined;

/**
 * The programs on a guest, which all other layers use: one line, path and sum.
 * @param env the env, which the guest is to say that it belongs to
 * @returns the layer; it runs again for a new kit, and no other layer does
 */
export function kit({ stack, baseOs }: Env): Layer {
  sum ??= createHash('sha256').update(programs()).digest('hex');
  return {
    name: 'kit',
    lists: { programs: [`${sum}  ${KIT_FILE}`] },
    // A file of the guest by which it is told from a stranger's at its address. No trigger: with another owner in the
    // state the layer is new as well.
    variables: { whose: `"${stack} \${local.owner}"` },
    files: files(baseOs),
    secretVariables: variablesOf(baseOs.proxy ? [baseOs.proxy.url] : []),
    precondition: {
      condition: template(
        `local.layers.kit.lists.programs == ["\${filesha256("\${path.module}/${KIT_FILE}")}  ${KIT_FILE}"]`,
      ),
      errorMessage: `${KIT_FILE} in this folder is not the one that this stack was synthesized with. Synthesize again.`,
    },
  };
}

/** What all of these programs read; none where all is as usual. */
function files({ aptSourcesRequired, proxy }: BaseOs): GuestFile[] {
  return [
    ...(aptSourcesRequired ? [] : [rootFile(`${CONFIG}/apt`, ['sources_required=no'])]),
    ...(proxy ? proxyFiles(proxy) : []),
  ];
}

/** The way to the proxy, for root alone and for what it hands it to: see kit/lib/proxy.sh. */
function proxyFiles({ url, except }: NonNullable<BaseOs['proxy']>): GuestFile[] {
  const file = `${CONFIG}/proxy`;
  const lines = (written: string): string[] => [
    `http_proxy=${written}`,
    `https_proxy=${written}`,
    `no_proxy=${['localhost', '127.0.0.1', '::1', ...except].join(',')}`,
  ];
  const seen = url.parts.map((part) => (typeof part === 'string' ? part : `{{ ${part.variable} }}`)).join('');
  const hasSecret = variablesOf([url]).length > 0;
  const content = lines(toTemplate(url)).map((line) => `${line}\\n`);
  return [
    {
      path: file,
      mode: '0600',
      owner: 'root:root',
      lines: lines(escapeLiteral(seen)),
      ...(hasSecret ? { secret: { name: 'proxy', content: `"${content.join('')}"` } } : {}),
    },
    // The upgrades that come by themselves.
    ...['apt-daily', 'apt-daily-upgrade'].map((unit) =>
      rootFile(unitPath(`${unit}.service.d/pvestack.conf`), ['[Service]', `EnvironmentFile=-${file}`]),
    ),
  ];
}
