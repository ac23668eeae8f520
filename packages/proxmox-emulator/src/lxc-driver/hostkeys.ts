import type { Namespaces } from './namespaces';

const FOLDER = '/run/lab/keys';

/** Puts keys into folder $1 for a host named $2 and user $3, with an RSA key that was made before ($4). */
const INSTALL = `
ssh-keygen -q -c -N '' -C "root@$2" -f "$4" >/dev/null
mv "$4" "$1/ssh_host_rsa_key"
mv "$4.pub" "$1/ssh_host_rsa_key.pub"
for kind in ecdsa ed25519; do
  ssh-keygen -q -t "$kind" -N '' -C "root@$2" -f "$1/ssh_host_\${kind}_key"
done
chown "$3:$3" "$1"/ssh_host_*`;

/** Makes SSH host keys. RSA keys take long (half a second), so that one is always made in advance. */
export class HostKeys {
  private made = 0;
  private next: Promise<string>;

  /** @param namespaces where keys are made */
  constructor(private readonly namespaces: Namespaces) {
    this.next = this.make();
  }

  /**
   * Gives a guest keys of its own, as the create task of Proxmox does.
   * @param folder its /etc/ssh inside the namespaces
   * @param host its name
   * @param owner the user (on this machine) that is root in the guest
   */
  async install(folder: string, host: string, owner: number): Promise<void> {
    const ready = this.next;
    this.next = this.make();
    await this.namespaces.run(['sh', '-euc', INSTALL, 'sh', folder, host, String(owner), await ready]);
  }

  private make(): Promise<string> {
    this.made += 1;
    const file = `${FOLDER}/${String(this.made)}`;
    const script = 'mkdir -p "${1%/*}"; ssh-keygen -q -t rsa -b 2048 -N "" -f "$1"';
    const key = this.namespaces.run(['sh', '-euc', script, 'sh', file]).then(() => file);
    // Nobody may ever ask for it.
    key.catch(() => undefined);
    return key;
  }
}
