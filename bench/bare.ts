import { NullProvider } from '@cdktf/provider-null/lib/provider';
import { Resource } from '@cdktf/provider-null/lib/resource';
import { App, LocalBackend, TerraformLocal, TerraformStack } from 'cdktf';
import { ProxmoxProvider } from '../.gen/providers/proxmox/provider';
import { VirtualEnvironmentContainer } from '../.gen/providers/proxmox/virtual-environment-container';

/**
 * What CDKTF itself costs: as many stacks as STACKS says, each with a container, four resources and 180 lines of
 * scripts in locals, and nothing that this tool adds to that.
 */
function addStack(app: App, index: number): void {
  const name = `app-project-env${index}`;
  const stack = new TerraformStack(app, name);
  new LocalBackend(stack, { path: `../../../state/${name}.tfstate` });
  new ProxmoxProvider(stack, 'proxmox', { endpoint: 'https://pve.example.lan:8006' });
  new NullProvider(stack, 'null');
  const guest = new VirtualEnvironmentContainer(stack, 'guest', {
    nodeName: 'pve',
    vmId: 100000 + index,
    tags: ['app', name],
    unprivileged: true,
    features: { nesting: true },
    operatingSystem: {
      templateFileId: 'local:vztmpl/debian-12-standard_12.12-1_amd64.tar.zst',
      type: 'debian',
    },
    cpu: { cores: 2 },
    memory: { dedicated: 2048, swap: 512 },
    disk: { datastoreId: 'local-lvm', size: 8 },
    networkInterface: [{ name: 'eth0', bridge: 'vmbr0' }],
    initialization: {
      hostname: name,
      ipConfig: [{ ipv4: { address: `10.64.${index >> 8}.${index & 255}/16`, gateway: '10.64.0.1' } }],
    },
  });
  let before: VirtualEnvironmentContainer | Resource = guest;
  for (const layer of ['ssh', 'base_os', 'app', 'release']) {
    if (layer !== 'ssh') {
      const lines = Array.from(
        { length: 60 },
        (_, line) => `install -m 0644 "$1" /etc/${name}/${layer}.${line}`,
      );
      new TerraformLocal(stack, `${layer}_script`, lines);
    }
    before = new Resource(stack, layer, { triggers: { address: name, layer }, dependsOn: [before] });
    before.addOverride('provisioner', [
      { 'remote-exec': { inline: [layer === 'ssh' ? 'true' : `\${join("\\n", local.${layer}_script)}`] } },
    ]);
  }
}

const app = new App();
for (let index = 1; index <= Number(process.env['STACKS']); index++) addStack(app, index);
app.synth();
