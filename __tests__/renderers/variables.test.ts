import { requiredValidation, stackVariables, vaultVariables } from '../../renderers/variables';
import { inventoryOf, only } from './envs';

const TOP = 'proxmox_host: "{{ vault_host | default(\'h\') }}"';
const shown = (env: string): unknown[] => {
  const inventory = inventoryOf({ top: TOP, env });
  return vaultVariables(only(inventory), inventory.api).map((v) => [
    v.name,
    v.sensitive,
    v.default,
    v.required,
  ]);
};
const HOST = ['vault_host', false, 'h', false];

it.each([
  ['', [HOST]],
  ['env_vars: {A: "{{ vault_a }}"}', [['vault_a', true, null, true], HOST]],
  ['env_vars: {A: "{{ vault_a }}"}\nstate: absent', [HOST]],
  ['env_vars: {A: "{{ vault_a }}"}\nconfigure: false', [HOST]],
  ['proxmox_node: "{{ vault_a }}"', [['vault_a', false, null, true], HOST]],
  ['proxmox_node: "{{ vault_a }}"\nenv_vars: {A: "{{ vault_a }}"}', [['vault_a', true, null, true], HOST]],
  ['guest: {proxmox_guest_type: external}', []],
])('%j', (env, expected) => {
  expect(shown(env)).toEqual(expected);
});

it('says what to set', () => {
  expect(requiredValidation('vault_x')).toEqual({
    condition: '${var.vault_x != null}',
    errorMessage:
      'vault_x is not set: export TF_VAR_vault_x, or set it in a .auto.tfvars file or in the workspace ("{{ vault_x }}" in the inventory).',
  });
});

it.each([
  ['', ''],
  ['release: v1.4', 'v1.4'],
])('the release of the inventory is the default of the variable: %j', (env, pinned) => {
  const inventory = inventoryOf({ top: TOP, env });
  expect(stackVariables(only(inventory), inventory.api).find(({ name }) => name === 'release')?.default).toBe(
    pinned,
  );
});
