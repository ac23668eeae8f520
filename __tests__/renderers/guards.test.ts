import { guardLocals, guestGuards } from '../../renderers/guards';
import { envOf } from './envs';

describe('the local values', () => {
  test.each([
    ['holders', '', '${[for g in local.guests : g if g.vm_id == 201]}'],
    [
      'ours',
      '',
      '${[for g in local.holders : g if contains(g.tags, "app-pote-dev") && contains(g.tags, local.owner)]}',
    ],
    [
      'foreign',
      '',
      '${[for g in local.holders : g if !(contains(g.tags, "app-pote-dev") && contains(g.tags, local.owner))]}',
    ],
    ['moved', '', '${[for g in local.ours : g if g.node_name != "pve" || g.kind != "container"]}'],
    [
      'moved',
      'proxmox_node: "{{ vault_n }}"',
      '${[for g in local.ours : g if g.node_name != var.vault_n || g.kind != "container"]}',
    ],
    ['made', '', '${substr(sha1("disk on local-lvm, unprivileged"), 0, 6)}'],
    [
      'made',
      'guest: {mount_points: [{path: /srv, volume: "{{ vault_v }}", size: 4}], lxc_unprivileged: false, lxc_nesting: false}',
      '${substr(sha1("disk on local-lvm, privileged, /srv on ${var.vault_v} 4"), 0, 6)}',
    ],
    // Its disk is what it was adopted with, until adopt is removed.
    ['made', 'adopt: true', '${substr(sha1("disk on local-lvm, unprivileged, adopted"), 0, 6)}'],
    ['replaces', 'adopt: true', undefined],
    ['replaces', 'guest: {proxmox_guest_type: kvm, kvm_clone_vmid: 900}', undefined],
    [
      'needs',
      'guest: {proxmox_guest_type: kvm, kvm_clone_vmid: 900}',
      ['node=pve', 'disk=local-lvm', 'bridge=vmbr0', 'clone=900'],
    ],
    [
      'elsewhere',
      '',
      '${[for g in local.guests : g if g.vm_id != 201 && contains(g.tags, "app-pote-dev") && contains(g.tags, local.owner)]}',
    ],
    [
      'address_claims',
      '',
      '${[for g in local.guests : g if g.vm_id != 201 && length(setintersection(g.tags, ["ip-10.0.10.101", "ip+10.0.10.101"])) > 0 && !(contains(g.tags, "app-pote-dev") && contains(g.tags, local.owner))]}',
    ],
    [
      'refused',
      '',
      '${length(concat(local.foreign, local.moved, local.elsewhere, var.allow_ip_conflicts ? [] : local.address_claims)) > 0}',
    ],
    [
      'refused',
      'adopt: true',
      '${length(concat(local.moved, local.elsewhere, var.allow_ip_conflicts ? [] : local.address_claims)) > 0}',
    ],
  ])('%s %s', (name, env, expected) => {
    expect(guardLocals(envOf({ env }))[name]).toEqual(expected);
  });

  test('an adopted guest keeps its time of creation although it is not ours yet', () => {
    expect(guardLocals(envOf())['created']).toContain('flatten(local.ours[*].tags)');
    expect(guardLocals(envOf({ env: 'adopt: true' }))['created']).toContain('flatten(local.holders[*].tags)');
  });
});

describe('the conditions', () => {
  const conditions = (env: string): string[] => guestGuards(envOf({ env })).map(({ condition }) => condition);
  const ADDRESS = [
    '${length(local.moved) == 0}',
    '${length(local.elsewhere) == 0}',
    '${var.allow_ip_conflicts || length(local.address_claims) == 0}',
    '${alltrue([for c in data.external.address : c.result.ok != "no"])}',
  ];
  const SEARCHED =
    '(var.allow_ip_conflicts || length(local.ours) == 0) || alltrue([for c in data.external.address : c.result.ok != "unknown"])}';

  test.each([
    [
      '',
      [
        '${length(local.foreign) == length(local.namesakes)}',
        '${length(local.namesakes) == 0}',
        ...ADDRESS,
        `\${!local.replaces && ${SEARCHED}`,
      ],
    ],
    ['adopt: true', [...ADDRESS, `\${${SEARCHED}`]],
  ])('%s', (env, expected) => {
    expect(conditions(env)).toEqual(expected);
  });

  test('no message is without a way out', () => {
    const messages = guestGuards(envOf()).map(({ errorMessage }) => errorMessage);
    const told = messages.filter((message) => /[Cc]hoose|Write|Export/.test(message));
    // One is what the preflight says in its own words.
    expect(told).toHaveLength(messages.length - 1);
  });
});
