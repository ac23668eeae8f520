import type { GuestInterface } from '../driver';

/** What `ip -json address` says about a link, as far as it matters here. */
interface Link {
  readonly ifname: string;
  readonly link_type: string;
  readonly address?: string;
  readonly addr_info: readonly Address[];
}

interface Address {
  readonly family: string;
  readonly local: string;
  readonly prefixlen: number;
  readonly scope: string;
}

/** The first global address of a family, else the first of any scope. */
function first(link: Link, family: string): string | undefined {
  const own = link.addr_info.filter((one) => one.family === family);
  const found = own.find((one) => one.scope === 'global') ?? own[0];
  return found && `${found.local}/${String(found.prefixlen)}`;
}

/** Reads the Ethernet interfaces in the output of `ip -json address`. */
export function parseInterfaces(json: string): GuestInterface[] {
  const links = JSON.parse(json.trim() === '' ? '[]' : json) as Link[];
  return links
    .filter((link) => link.link_type === 'ether')
    .map((link) => {
      const [inet, inet6] = [first(link, 'inet'), first(link, 'inet6')];
      return {
        name: link.ifname,
        mac: link.address ?? '',
        ...(inet === undefined ? {} : { inet }),
        ...(inet6 === undefined ? {} : { inet6 }),
      };
    });
}
