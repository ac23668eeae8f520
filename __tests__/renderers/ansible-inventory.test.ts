import { ansibleInventory, dynamicInventory } from '../../renderers/ansible-inventory';
import { readYaml } from './envs';

const { envs } = readYaml(`
app_bootstrap_user: "{{ vault_user | default('o') }}"
app_projects:
  my-app:
    app_type: none
    envs:
      dev-1: { name: one, vmid: 201, ip: 10.0.10.101/24, gateway: 10.0.10.1, ssh_port: 2222 }
      gone: { name: two, vmid: 202, ip: 10.0.10.102/24, gateway: 10.0.10.1, state: absent }
`);
const one = {
  ansible_host: '10.0.10.101',
  ansible_port: 2222,
  ansible_user: "{{ vault_user | default('o') }}",
  app_project: 'my-app',
  app_env: 'dev-1',
};

it('is static', () => {
  const group = { hosts: { one: {} } };
  const children = { app_all: group, app_my_app_all: group, app_my_app_dev_1: group };
  expect(ansibleInventory(envs)).toEqual({ all: { hosts: { one }, children } });
});

it('is dynamic', () => {
  const group = { hosts: ['one'] };
  const groups = { app_all: group, app_my_app_all: group, app_my_app_dev_1: group };
  expect(dynamicInventory(envs)).toEqual({ _meta: { hostvars: { one } }, ...groups });
});
