import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DEFAULT_TOKEN, startEmulator, type Emulator } from 'proxmox-emulator';

const run = promisify(execFile);

const HEAD = `
terraform {
  required_providers {
    proxmox = {
      source  = "bpg/proxmox"
      version = "0.111.1"
    }
  }
}
variable "memory" { default = 512 }
`;

const CONTAINER = `${HEAD}
resource "proxmox_virtual_environment_container" "guest" {
  node_name    = "pve"
  vm_id        = 101
  description  = "first line\\nsecond line"
  tags         = ["web", "app"]
  unprivileged = true
  features { nesting = true }
  memory { dedicated = var.memory }
  disk {
    datastore_id = "local-lvm"
    size         = 8
  }
  operating_system {
    template_file_id = "local:vztmpl/debian-12-standard_12.12-1_amd64.tar.zst"
    type             = "debian"
  }
  initialization {
    hostname = "web1"
    ip_config {
      ipv4 {
        address = "10.0.10.101/24"
        gateway = "10.0.10.1"
      }
    }
    user_account { password = "example-password" }
  }
  network_interface { name = "eth0" }
}`;

const MACHINE = `${HEAD}
resource "proxmox_virtual_environment_vm" "guest" {
  node_name       = "pve"
  vm_id           = 120
  name            = "vm1"
  description     = "first line\\nsecond line"
  stop_on_destroy = true
  clone { vm_id = 9000 }
  memory { dedicated = var.memory }
  disk {
    interface    = "scsi0"
    datastore_id = "local-lvm"
    size         = 12
  }
  initialization {
    datastore_id = "local-lvm"
    ip_config {
      ipv4 {
        address = "10.0.10.120/24"
        gateway = "10.0.10.1"
      }
    }
    user_account {
      username = "ops"
      password = "example-password"
    }
  }
  network_device { bridge = "vmbr0" }
}`;

/** This process's environment, with the plugins found where terraform looks by itself. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => name !== 'TF_CLI_CONFIG_FILE');
  return { ...Object.fromEntries(kept), CHECKPOINT_DISABLE: '1' };
}

function environment(emulator: Emulator, folder: string): NodeJS.ProcessEnv {
  return {
    ...plainEnvironment(),
    TF_IN_AUTOMATION: '1',
    TF_INPUT: '0',
    PROXMOX_VE_ENDPOINT: emulator.url,
    PROXMOX_VE_API_TOKEN: DEFAULT_TOKEN,
    SSL_CERT_FILE: join(folder, 'cert.pem'),
  };
}

/** Whether terraform and the provider can be had here. */
function providerAvailable(): boolean {
  if (spawnSync('terraform', ['version']).status !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), 'provider-'));
  writeFileSync(join(folder, 'main.tf'), HEAD);
  const init = spawnSync('terraform', ['init', '-input=false'], {
    cwd: folder,
    env: plainEnvironment(),
    timeout: 60_000,
  });
  rmSync(folder, { recursive: true });
  return init.status === 0;
}

const available = providerAvailable();
if (!available && process.env.REQUIRE_ALL === '1')
  throw new Error('terraform or bpg/proxmox 0.111.1 is missing');

describe('the real provider', () => {
  let emulator: Emulator;
  let folder: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'provider-'));
    emulator = await startEmulator({ taskMs: 20, certFile: join(folder, 'cert.pem') });
  });

  afterEach(async () => {
    await emulator.stop();
    rmSync(folder, { recursive: true });
  });

  async function terraform(...args: string[]): Promise<{ code: number; output: string }> {
    try {
      const { stdout } = await run('terraform', [...args, '-no-color'], {
        cwd: folder,
        env: environment(emulator, folder),
      });
      return { code: 0, output: stdout };
    } catch (error) {
      const failed = error as { code?: number; stdout?: string; stderr?: string };
      return { code: failed.code ?? -1, output: `${failed.stdout ?? ''}${failed.stderr ?? ''}` };
    }
  }

  async function lifeCycle(configuration: string, vmid: number): Promise<void> {
    writeFileSync(join(folder, 'main.tf'), configuration);
    expect(await terraform('init')).toMatchObject({ code: 0 });
    const apply = await terraform('apply', '-auto-approve');
    expect(apply.output).toContain('1 added');
    expect(await terraform('plan', '-detailed-exitcode')).toMatchObject({ code: 0 });
    const change = await terraform('apply', '-auto-approve', '-var', 'memory=768');
    expect(change.output).toContain('0 added, 1 changed, 0 destroyed');
    expect(String(emulator.state.guests.get(vmid)?.config.get('memory'))).toBe('768');
    expect(await terraform('plan', '-detailed-exitcode', '-var', 'memory=768')).toMatchObject({ code: 0 });
    const destroy = await terraform('destroy', '-auto-approve');
    expect(destroy.output).toContain('1 destroyed');
    expect(emulator.state.guests.has(vmid)).toBe(false);
  }

  const test = available ? it : it.skip;

  test('takes a container through its life', () => lifeCycle(CONTAINER, 101), 120_000);

  test('clones a machine, configures it and removes it', async () => {
    emulator.addGuest({
      vmid: 9000,
      type: 'qemu',
      config: {
        name: 'base',
        template: 1,
        memory: '1024',
        boot: 'order=scsi0',
        scsihw: 'virtio-scsi-pci',
        scsi0: 'local-lvm:base-9000-disk-0,size=10G',
        net0: 'virtio,bridge=vmbr0',
        ostype: 'l26',
      },
    });
    await lifeCycle(MACHINE, 120);
  }, 120_000);
});
