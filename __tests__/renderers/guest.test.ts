import { agentCheck, connection, connectionLocals, keyGuards } from '../../renderers/connection';
import { guestDescription } from '../../renderers/description';
import * as registry from '../../registry';
import { application } from '../../renderers/application';
import { stackOutputs } from '../../renderers/outputs';
import { templateSource } from '../../renderers/template-source';
import type { Env } from '../../inventory/types';
import { guestTags } from '../../renderers/tags';
import { envOf } from './envs';

it('sorts the tags, in lower case and each once', () => {
  const env = envOf({ env: 'guest: {tags: [Web, dev, zoo]}' });
  expect(guestTags(env, '${local.created}', '${local.owner}')).toEqual([
    'app',
    'app-pote-dev',
    '${local.created}',
    'dev',
    'ip-10.0.10.101',
    '${local.owner}',
    'pote',
    'web',
    'zoo',
  ]);
});

it('describes the guest', () => {
  expect(guestDescription(envOf({ env: 'guest: {description: "${a} {{ vault_x }}"}' }))).toBe(
    '$${a} ${var.vault_x}',
  );
  expect(guestDescription(envOf())).toBe(
    'app-pote-dev: managed by Terraform. What is changed by hand is undone by the next deploy.',
  );
});

it('connects through a bastion, with a host key', () => {
  const plain = connection(envOf());
  // By SSH and as root is what terraform does where nothing else is said.
  expect(plain).toEqual({
    host: '10.0.10.101',
    private_key: '${local.ssh_key}',
    agent: false,
    timeout: '3m',
    script_path: './.pvestack-ssh.sh',
    host_key: '${local.host_key}',
  });
  expect(connection(envOf({ env: 'app_bootstrap_user: debian' }), 'app')).toEqual({
    ...plain,
    user: 'debian',
    script_path: './.pvestack/.pvestack-app.sh',
  });
  expect(connection(envOf({ env: 'ssh_port: 2222' }))).toEqual({ ...plain, port: 2222 });
  const env =
    'ssh_bastion: {host: b.example.lan, port: 2222, user: "{{ vault_u }}", host_key: ssh-ed25519 AAAA}';
  const bastion = {
    bastion_host: 'b.example.lan',
    bastion_port: 2222,
    bastion_user: '${var.vault_u}',
    bastion_private_key: plain['private_key'],
  };
  expect(connection(envOf({ env }))).toEqual({ ...plain, ...bastion, bastion_host_key: 'ssh-ed25519 AAAA' });
  // Terraform would take the guest's key for the bastion's.
  const unchecked = Object.fromEntries(Object.entries(plain).filter(([key]) => key !== 'host_key'));
  const without = envOf({ env: env.replace(', host_key: ssh-ed25519 AAAA', '') });
  expect(connection(without)).toEqual({ ...unchecked, ...bastion });
});

it('uses the SSH agent only where the inventory allows it, and says so', () => {
  const plain = envOf();
  expect(Object.keys(connectionLocals(plain))).toEqual(['ssh_key']);
  const said = (env: Env): string[] => keyGuards(env).map(({ errorMessage }) => errorMessage.slice(0, 40));
  const locked = 'The SSH key for this guest is encrypted,';
  expect(said(plain)).toEqual(['No SSH key for this guest: export TF_VAR', locked]);
  expect(agentCheck(plain)).toBeUndefined();
  const allowed = envOf({ top: 'ssh_agent: true' });
  expect(connection(allowed)).toMatchObject({ agent: '${local.ssh_agent}' });
  expect(connectionLocals(allowed)).toHaveProperty('ssh_agent');
  expect(said(allowed)).toEqual([locked]);
  expect(agentCheck(allowed)?.condition).toBe('${!local.ssh_agent}');
  expect(connection(envOf({ top: 'ssh_agent: true', env: 'ssh_agent: false' }))['agent']).toBe(false);
});

it('has outputs', () => {
  const outputsOf = (env: Env): Record<string, unknown> =>
    stackOutputs(env, application(env, templateSource([]), registry));
  const all = {
    address: '10.0.10.101',
    groups: ['app_all', 'app_pote_all', 'app_pote_dev'],
    urls: { backend: 'http://10.0.10.101:3001', frontend: 'http://10.0.10.101:3000' },
    node: 'pve',
    vmid: 201,
  };
  expect(outputsOf(envOf())).toStrictEqual(all);
  const { urls, ...bare } = all;
  expect(outputsOf(envOf({ project: 'app_type: none' }))).toStrictEqual(bare);
  expect(outputsOf(envOf({ env: 'guest: {proxmox_guest_type: external}' }))).toStrictEqual({
    address: all.address,
    groups: all.groups,
    urls,
  });
});
