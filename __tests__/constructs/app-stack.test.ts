import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readInventoryOf } from '../../cli/read-inventory';
import { synthesize } from '../../main';
import { Workspace } from '../support/workspace';

const EXAMPLE = readFileSync(path.join(__dirname, '..', '..', 'examples', 'inventory.yml'), 'utf8');
const LAYERS = ['kit', 'base_os', 'app', 'release'];
const workspace = new Workspace();

afterAll(() => {
  workspace.remove();
});

/** The addresses of app-pote-dev, with more for its guest in the inventory. */
function addressesWith(guest: string): Record<string, readonly string[]> {
  workspace.synth(EXAMPLE.replace('vmid: 201\n', `vmid: 201\n        guest: {${guest}}\n`));
  const stacks = synthesize(workspace.settings, readInventoryOf(workspace.settings));
  const [{ stack }] = stacks.filter(({ env }) => env.stack === 'app-pote-dev') as [(typeof stacks)[number]];
  return {
    guest: [...stack.guestAddresses].sort(),
    configuration: stack.configurationAddresses,
    layers: stack.layerAddresses,
  };
}

test.each([
  ['a container', 'memory: 2048', 'container', []],
  ['an adopted one', 'adopt: true', 'container', ['terraform_data.adopted']],
  ['a VM', 'proxmox_guest_type: kvm, kvm_clone_vmid: 9000', 'vm', []],
])('%s knows the addresses of its guest, and of what is done in it', (_name, guest, type, further) => {
  const { guest: addresses, configuration, layers } = addressesWith(guest);
  expect(addresses).toEqual(
    ['null_resource.preflight', `proxmox_virtual_environment_${type}.guest`, ...further].concat(
      'terraform_data.owned',
      'terraform_data.owner',
    ),
  );
  expect(layers).toEqual(expect.arrayContaining(LAYERS.map((layer) => `null_resource.${layer}`)));
  expect(configuration).toEqual(layers);
});

test('an external host has no guest, and without configuration there is nothing to run again', () => {
  expect(addressesWith('proxmox_guest_type: external')['guest']).toEqual([]);
  expect(addressesWith('lxc_start_after_create: false')).toMatchObject({ configuration: [], layers: [] });
});
