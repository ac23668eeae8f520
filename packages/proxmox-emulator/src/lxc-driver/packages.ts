import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { readMachine, type Machine } from './machine';
import { PackageProxy } from './proxy';
import { packageFiles, readRegistries, type Registries } from './registries';

/** Where guests find the package proxy, on the address of their bridge. */
export const PROXY_PORT = 3142;

/** The way of guests to packages: a proxy that knows how this machine gets them. */
export class Packages {
  private constructor(
    readonly machine: Machine,
    private readonly proxy: PackageProxy,
    private readonly registries: Promise<Registries>,
    /** URL of the proxy on this machine. */
    readonly url: string,
  ) {}

  /**
   * Reads the machine's configuration and starts the proxy, on loopback.
   * @param cache the folder in which packages are kept.
   */
  static async open(cache: string): Promise<Packages> {
    const machine = readMachine();
    const hosts = new Set(machine.aptSources.map(({ uri }) => new URL(uri).hostname));
    const registries = readRegistries();
    void registries.then((found) => {
      found.hosts.forEach((host) => hosts.add(host));
    });
    const { httpProxy, httpsProxy } = machine;
    const proxy = new PackageProxy({ hosts, cache: join(cache, 'packages'), httpProxy, httpsProxy });
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.server.address() as AddressInfo;
    return new Packages(machine, proxy, registries, `http://127.0.0.1:${String(port)}`);
  }

  /** Answers at one more listening socket. */
  answerAt(socket: Server): void {
    socket.on('connection', (connection) => this.proxy.server.emit('connection', connection));
  }

  /**
   * Files that lead a guest's package managers to the proxy.
   * @param address at which the guest reaches it.
   * @returns paths and texts
   */
  async files(address: string): Promise<[string, string][]> {
    return packageFiles(`http://${address}:${String(PROXY_PORT)}`, await this.registries);
  }

  /** Ends the proxy. */
  close(): void {
    this.proxy.close();
  }
}
