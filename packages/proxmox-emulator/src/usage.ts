import { DEFAULT_NODE } from './defaults';
import { DEFAULT_BRIDGE_ADDRESS } from './lxc-driver';

/**
 * What `--help` prints.
 * @param command how the emulator is called, e.g. `proxmox-emulator`
 */
export const usage = (command: string): string => `Usage: ${command} [options]

Starts an emulated Proxmox VE API for tests and trials. Guests exist as data only, unless --driver lxc makes them
real: systemd containers in namespaces of their own (needs Linux, root, lxc and mmdebstrap; leaves nothing behind).

  --host <address>     address to listen on (127.0.0.1)
  --port <number>      port to listen on, 0 for a free one (8006)
  --nodes <a,b>        names of the nodes (${DEFAULT_NODE})
  --bridges <a,b>      bridges of every node (vmbr0,vmbr1)
  --state <file>       keep the state in this JSON file, across restarts
  --cert <file>        where to write the certificate (a file in the temporary folder)
  --task-ms <number>   how long tasks take (300)
  --boot-ms <number>   how long a started guest has no address yet (0)
  --status-ms <number> how long cluster/resources has no name of a new guest (0)
  --fault <rule>       kind,key=value,…; may be repeated. Kinds: error, drop, slow, lock, task, unauthorized.
                       Keys: method, path, skip, count, status, reason, delayMs, lock, when, spread
  --hide <ids>         guests that the API token must not see, e.g. 101,102
  --quiet              do not log requests

  --driver <name>      record: containers are data (the default); lxc: they are real
 With --driver lxc:
  --bridge-address <bridge=address/prefix>
                       an address for a bridge, a gateway for guests; may be repeated (${DEFAULT_BRIDGE_ADDRESS.bridge}=${DEFAULT_BRIDGE_ADDRESS.address})
  --base <file=suite[:package,…]>
                       one more container template: a Debian release with packages in it; may be repeated,
                       e.g. debian-12-baked_1_amd64.tar.zst=bookworm:nginx,postgresql
  --name <name=address>
                       a name that guests can look up at a bridge's address; may be repeated,
                       e.g. git.example.lan=10.0.10.1 (names of guests are known)
  --cache <folder>     where base images and packages are kept (~/.cache/proxmox-emulator)
`;
