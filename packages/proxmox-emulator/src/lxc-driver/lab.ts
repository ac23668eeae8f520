import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Bases, defaultCache, type Base } from './bases';
import { serveDns } from './dns';
import type { Nic } from './guestfiles';
import { HostKeys } from './hostkeys';
import { bridgeName } from './lxcconfig';
import { Namespaces } from './namespaces';
import { Packages, PROXY_PORT } from './packages';
import { bindInside, listenInside } from './sockets';

/** An address for a bridge, e.g. `vmbr0` and `10.0.10.1/24`. */
export interface BridgeAddress {
  readonly bridge: string;
  readonly address: string;
}

/** How to set up the place where real guests live; everything has a default. */
export interface LabOptions {
  /** Bridges to make (`vmbr0`, `vmbr1`). */
  readonly bridges?: readonly string[];
  /** Addresses of bridges (`vmbr0` has 10.0.10.1/24): the gateways of guests, where they find packages. */
  readonly bridgeAddresses?: readonly BridgeAddress[];
  /** Names that guests can look up, besides their own: `git.example.lan` and an IPv4 address. */
  readonly names?: Readonly<Record<string, string>>;
  /** Further templates by file name, e.g. `debian-12-baked_1_amd64.tar.zst`. */
  readonly bases?: Readonly<Record<string, Base>>;
  /** Folder for base images and packages (`proxmox-emulator` in the user's cache folder). */
  readonly cache?: string;
  /** Gets a line when something takes long. */
  readonly log?: (line: string) => void;
}

/** The address that `vmbr0` has unless told otherwise. */
export const DEFAULT_BRIDGE_ADDRESS: BridgeAddress = { bridge: 'vmbr0', address: '10.0.10.1/24' };

/** inotify instances that a machine with a dozen systemd guests needs; the kernel's default is 128 for all together. */
const INOTIFY_INSTANCES = 4096;

function raiseInotify(): void {
  const file = '/proc/sys/fs/inotify/max_user_instances';
  try {
    if (Number(readFileSync(file, 'utf8')) < INOTIFY_INSTANCES)
      writeFileSync(file, String(INOTIFY_INSTANCES));
  } catch {
    // Not allowed here: fewer guests fit.
  }
}

/** Namespaces with bridges, base images, packages and names: what real guests need. */
export class Lab {
  readonly hostKeys: HostKeys;
  /** The files of a cgroup here: which limits there are depends on the machine. */
  readonly limitFiles: readonly string[];
  /** Tells the address of a guest's name; the driver sets it. */
  addressOfGuest: (name: string) => string | undefined = () => undefined;
  private readonly bridges = new Set<string>();
  private readonly sockets: { close(): void }[] = [];

  private constructor(
    readonly namespaces: Namespaces,
    readonly bases: Bases,
    private readonly packages: Packages,
    private readonly options: LabOptions,
    private readonly ending: AbortController,
  ) {
    this.hostKeys = new HostKeys(namespaces);
    this.limitFiles = readdirSync(namespaces.path('/sys/fs/cgroup/init'));
  }

  /**
   * Sets a lab up.
   * @throws Error when the machine lacks something
   */
  static async open(options: LabOptions = {}): Promise<Lab> {
    raiseInotify();
    const { cache = defaultCache(), log = () => undefined } = options;
    const ending = new AbortController();
    const packages = await Packages.open(cache);
    let namespaces: Namespaces | undefined;
    try {
      namespaces = await Namespaces.open(ending.signal);
      const { machine, url } = packages;
      const bases = new Bases({
        machine,
        cache,
        extra: options.bases ?? {},
        proxy: url,
        log,
        signal: ending.signal,
      });
      const lab = new Lab(namespaces, bases, packages, options, ending);
      await lab.listen();
      return lab;
    } catch (error) {
      packages.close();
      await namespaces?.close();
      throw error;
    }
  }

  /** Makes what takes long end at once; to be closed soon. */
  abort(): void {
    this.ending.abort();
  }

  /** Makes a bridge, with the addresses it is to have, unless it is there. */
  async addBridge(bridge: string): Promise<void> {
    if (this.bridges.has(bridge)) return;
    this.bridges.add(bridge);
    const addresses = this.addresses.filter((one) => one.bridge === bridge).map((one) => one.address);
    const script = `
      ip link add "$1" type bridge forward_delay 0
      # A guest that comes back under its address is found at once.
      echo 50 >"/proc/sys/net/ipv4/neigh/$1/retrans_time_ms"
      ip link set "$1" up
      bridge=$1; shift
      for address; do ip address add "$address" dev "$bridge"; done`;
    await this.namespaces.run(['sh', '-euc', script, 'sh', bridge, ...addresses]);
  }

  /** A guest comes with a new MAC address, or goes: who had its address before is asked again. */
  async forgetNeighbours(): Promise<void> {
    await this.namespaces.run(['ip', 'neighbour', 'flush', 'all']);
  }

  /** The lab's own address on the first bridge of a guest that has one: gateway, name server and package proxy. */
  addressFor(nics: readonly Nic[]): string | undefined {
    const near = nics
      .map((nic) => this.addresses.find((one) => one.bridge === bridgeName(nic)))
      .find((one) => one !== undefined);
    return near?.address.split('/')[0];
  }

  /** Files that lead a guest's package managers to the lab's proxy: paths and texts. */
  async packageFiles(nics: readonly Nic[]): Promise<[string, string][]> {
    const address = this.addressFor(nics);
    return address === undefined ? [] : this.packages.files(address);
  }

  /** Ends all guests and everything else inside. */
  async close(): Promise<void> {
    this.abort();
    this.packages.close();
    this.sockets.forEach((socket) => {
      socket.close();
    });
    await this.namespaces.close();
  }

  private get addresses(): readonly BridgeAddress[] {
    return this.options.bridgeAddresses ?? [DEFAULT_BRIDGE_ADDRESS];
  }

  private async listen(): Promise<void> {
    const { bridges = ['vmbr0', 'vmbr1'], names = {} } = this.options;
    for (const bridge of new Set([...bridges, ...this.addresses.map((one) => one.bridge)])) {
      await this.addBridge(bridge);
    }
    const [packages, dns] = await Promise.all([
      listenInside(this.namespaces, '0.0.0.0', PROXY_PORT),
      bindInside(this.namespaces, '0.0.0.0', 53),
    ]);
    this.packages.answerAt(packages);
    serveDns(dns, (name) => names[name] ?? this.addressOfGuest(name));
    this.sockets.push(packages, dns);
  }
}
