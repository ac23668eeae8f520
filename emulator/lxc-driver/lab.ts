import { readFileSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { Bases, defaultCache, type Base } from './bases';
import { HostKeys } from './hostkeys';
import { bridgeName } from './lxcconfig';
import type { Nic } from './guestfiles';
import { readMachine } from './machine';
import { Namespaces } from './namespaces';
import { PackageProxy } from './proxy';
import { packageFiles, readRegistries, type Registries } from './registries';
import { listenInside } from './sockets';

/** Where guests find the package proxy, on the address of their bridge. */
const PROXY_PORT = 3142;

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
  /** Further templates by file name, e.g. `debian-12-baked_1_amd64.tar.zst`. */
  readonly bases?: Readonly<Record<string, Base>>;
  /** Folder for base images and packages (`appstack-lab` in the user's cache folder). */
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

/** Namespaces with bridges, base images and a way to packages: what real guests need. */
export class Lab {
  readonly hostKeys: HostKeys;
  /** Controllers of cgroup v2 that can limit guests. */
  readonly controllers: readonly string[];
  private readonly bridges = new Set<string>();

  private constructor(
    readonly namespaces: Namespaces,
    readonly bases: Bases,
    private readonly addresses: readonly BridgeAddress[],
    private readonly registries: Promise<Registries>,
    private readonly proxy: PackageProxy,
    private readonly socket: Server,
  ) {
    this.hostKeys = new HostKeys(namespaces);
    const controllers = readFileSync(namespaces.path('/sys/fs/cgroup/cgroup.subtree_control'), 'utf8');
    this.controllers = controllers.split(/\s+/).filter((name) => name !== '');
  }

  /**
   * Sets a lab up.
   * @throws Error when the machine lacks something
   */
  static async open(options: LabOptions = {}): Promise<Lab> {
    raiseInotify();
    const cache = options.cache ?? defaultCache();
    const machine = readMachine();
    const hosts = new Set(machine.aptSources.map(({ uri }) => new URL(uri).hostname));
    const registries = readRegistries();
    void registries.then((found) => {
      found.hosts.forEach((host) => hosts.add(host));
    });
    const proxy = new PackageProxy({
      hosts,
      cache: join(cache, 'packages'),
      httpProxy: machine.httpProxy,
      httpsProxy: machine.httpsProxy,
    });
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    const address = proxy.server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const bases = new Bases(
      machine,
      cache,
      options.bases ?? {},
      `http://127.0.0.1:${String(port)}`,
      options.log ?? (() => undefined),
    );
    let namespaces: Namespaces | undefined;
    try {
      namespaces = await Namespaces.open();
      const socket = await listenInside(namespaces, '0.0.0.0', PROXY_PORT);
      socket.on('connection', (connection) => proxy.server.emit('connection', connection));
      const addresses = options.bridgeAddresses ?? [DEFAULT_BRIDGE_ADDRESS];
      const lab = new Lab(namespaces, bases, addresses, registries, proxy, socket);
      const names = [...(options.bridges ?? ['vmbr0', 'vmbr1']), ...addresses.map(({ bridge }) => bridge)];
      for (const bridge of new Set(names)) await lab.addBridge(bridge);
      return lab;
    } catch (error) {
      proxy.close();
      await namespaces?.close();
      throw error;
    }
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

  /** The lab's own address on the first bridge of a guest that has one. */
  addressFor(nics: readonly Nic[]): string | undefined {
    const near = nics
      .map((nic) => this.addresses.find((one) => one.bridge === bridgeName(nic)))
      .find((one) => one !== undefined);
    return near?.address.split('/')[0];
  }

  /** Files that lead a guest's package managers to the lab's proxy: paths and texts. */
  async packageFiles(nics: readonly Nic[]): Promise<[string, string][]> {
    const near = this.addressFor(nics);
    if (near === undefined) return [];
    return packageFiles(`http://${near}:${String(PROXY_PORT)}`, await this.registries);
  }

  /** Ends all guests and everything else inside. */
  async close(): Promise<void> {
    this.proxy.close();
    this.socket.close();
    await this.namespaces.close();
  }
}
