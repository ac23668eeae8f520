import type { Call, Endpoint, Json } from '../endpoint';
import { createHash } from 'node:crypto';
import { badParameters, failure } from '../errors';
import * as formats from '../formats';
import { choice, flag, integer, required, text, type ParamSpecs } from '../params';
import { can } from '../privileges';
import type { Storage, Volume } from '../model';
import { checkVolumeName, free, splitVolid } from '../volumes';

const NODE: ParamSpecs = { node: required(text({ format: formats.node })) };
const STORAGE: ParamSpecs = { ...NODE, storage: required(text({ format: formats.storageId })) };
const CONTENT: ParamSpecs = { ...STORAGE, volume: required(text()) };
/** Bytes that a "downloaded" file is given. */
const DOWNLOAD_SIZE = 71_576_979;

function audit(call: Call): void {
  call.checkAny(`/storage/${call.need('storage')}`, ['Datastore.Audit', 'Datastore.AllocateSpace']);
}

function status(storage: Storage): Record<string, Json> {
  return {
    type: storage.type,
    content: storage.content.join(','),
    enabled: 1,
    active: storage.active === false ? 0 : 1,
    shared: storage.shared ? 1 : 0,
    total: storage.total,
    used: storage.used,
    avail: storage.total - storage.used,
  };
}

function contentView(volume: Volume): Json {
  const disk = volume.vmid !== undefined;
  return {
    volid: volume.volid,
    content: volume.content,
    format: volume.format,
    size: volume.size,
    ctime: volume.ctime,
    ...(disk ? { vmid: volume.vmid, parent: null, used: Math.min(volume.size, 314_679_296) } : {}),
  };
}

function list(call: Call): Json {
  const { state } = call.services;
  const content = call.str('content');
  return state.storages
    .filter((one) => !one.nodes || one.nodes.includes(call.node))
    .filter((one) =>
      ['Datastore.Audit', 'Datastore.AllocateSpace'].some((privilege) =>
        can(call.who, `/storage/${one.storage}`, privilege),
      ),
    )
    .filter((one) => content === undefined || content.split(',').some((kind) => one.content.includes(kind)))
    .filter((one) => call.str('storage') === undefined || call.str('storage') === one.storage)
    .map((one) => ({ storage: one.storage, used_fraction: one.used / one.total, ...status(one) }));
}

function content(call: Call): Json {
  const storage = call.services.state.storage(call.need('storage'), call.node);
  const kind = call.str('content');
  const vmid = call.num('vmid');
  return storage.volumes
    .filter((one) => kind === undefined || one.content === kind)
    .filter((one) => vmid === undefined || one.vmid === vmid)
    .filter((one) => one.vmid === undefined || can(call.who, `/vms/${String(one.vmid)}`, 'VM.Audit'))
    .sort((a, b) => (a.volid < b.volid ? -1 : 1))
    .map(contentView);
}

/** The full id of the volume of the path; a name without storage is meant on the storage of the path. */
function volumeOf(call: Call): { readonly storage: Storage; readonly volid: string } {
  const given = call.need('volume');
  const name = call.need('storage');
  const parts = splitVolid(given);
  if (parts && parts.storage !== name) throw failure('storage ID mismatch');
  const storage = call.services.state.storage(name, call.node);
  checkVolumeName(storage, parts ? parts.name : given);
  return { storage, volid: parts ? given : `${name}:${given}` };
}

function remove(call: Call): Json {
  const { state } = call.services;
  const { volid } = volumeOf(call);
  const volume = state.volume(volid);
  if (volume?.vmid !== undefined && state.guests.has(volume.vmid)) {
    throw failure(
      `Cannot remove image, a guest with VMID '${String(volume.vmid)}' exists!\nYou can delete the image from the guest's hardware pane`,
    );
  }
  return call.task(
    'imgdel',
    `${volume?.vmid === undefined ? '' : String(volume.vmid)}@${call.need('storage')}`,
    async (task) => {
      await task.takeTime();
      free(state, volid);
      task.log(`Removed volume '${volid}'`);
    },
  );
}

function formatOf(file: string): string {
  if (file.endsWith('.tar.zst')) return 'tzst';
  if (file.endsWith('.tar.xz')) return 'txz';
  if (file.endsWith('.tar.gz')) return 'tgz';
  if (file.endsWith('.iso') || file.endsWith('.img')) return 'iso';
  return file.slice(file.lastIndexOf('.') + 1);
}

function download(call: Call): Json {
  const { state } = call.services;
  const kind = call.need('content');
  const file = call.need('filename');
  const storage = state.storage(call.need('storage'), call.node);
  if (!storage.content.includes(kind)) {
    throw badParameters({
      storage: `storage '${storage.storage}' is not configured for content-type '${kind}'`,
    });
  }
  const volid = `${storage.storage}:${kind}/${file}`;
  return call.task('download', storage.storage, async (task) => {
    if (state.volume(volid)) throw failure(`refusing to override existing file '${file}'`);
    task.log(`downloading ${call.need('url')} to ${volid}`);
    await task.takeTime();
    storage.volumes.push({
      volid,
      content: kind,
      format: formatOf(file),
      size: DOWNLOAD_SIZE,
      ctime: Math.floor(Date.now() / 1000),
    });
    state.changed();
    task.log(`download of '${call.need('url')}' to '${file}' finished`);
  });
}

/** Storages and what is on them. Nothing is ever fetched from the network. */
export const storageEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/storage',
    params: { type: text() },
    handler: (call) =>
      call.services.state.storages
        .filter((one) => can(call.who, `/storage/${one.storage}`, 'Datastore.Audit'))
        .map((one) => ({
          storage: one.storage,
          type: one.type,
          content: one.content.join(','),
          digest: createHash('sha1').update(one.storage).digest('hex'),
          ...(one.path === undefined ? {} : { path: one.path, 'prune-backups': 'keep-all=1' }),
          ...(one.type === 'lvmthin' ? { vgname: 'pve', thinpool: 'data' } : {}),
        })),
  },
  {
    method: 'GET',
    path: '/nodes/{node}/storage',
    params: {
      ...NODE,
      content: text(),
      enabled: flag(),
      format: flag(),
      storage: text({ format: formats.storageId }),
      target: text({ format: formats.node }),
    },
    handler: list,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/storage/{storage}/status',
    params: STORAGE,
    permission: audit,
    handler: (call) => status(call.services.state.storage(call.need('storage'), call.node)),
  },
  {
    method: 'GET',
    path: '/nodes/{node}/storage/{storage}/content',
    params: { ...STORAGE, content: text(), vmid: integer(undefined, undefined, { format: formats.vmid }) },
    permission: audit,
    handler: content,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/storage/{storage}/content/{volume}',
    params: CONTENT,
    permission: audit,
    handler: (call) => {
      const { volid } = volumeOf(call);
      const volume = call.services.state.volume(volid);
      if (!volume) throw failure(`volume '${volid}' does not exist`);
      return { format: volume.format, size: volume.size, used: volume.size, path: `/var/lib/vz/${volid}` };
    },
  },
  {
    method: 'DELETE',
    path: '/nodes/{node}/storage/{storage}/content/{volume}',
    params: { ...CONTENT, delay: integer(1, 30) },
    permission: (call) => {
      call.checkAny(`/storage/${call.need('storage')}`, [
        'Datastore.AllocateTemplate',
        'Datastore.AllocateSpace',
      ]);
    },
    handler: remove,
  },
  {
    method: 'POST',
    path: '/nodes/{node}/storage/{storage}/download-url',
    params: {
      ...STORAGE,
      checksum: text(),
      'checksum-algorithm': choice('md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'),
      compression: text(),
      content: required(choice('iso', 'vztmpl', 'import')),
      filename: required(text({ maxLength: 255 })),
      url: required(text({ pattern: /^https?:\/\// })),
      'verify-certificates': flag(),
    },
    permission: (call) => {
      call.check(`/storage/${call.need('storage')}`, 'Datastore.AllocateTemplate');
    },
    handler: download,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/query-url-metadata',
    params: { ...NODE, url: required(text({ pattern: /^https?:\/\// })), 'verify-certificates': flag() },
    handler: (call) => ({
      filename: new URL(call.need('url')).pathname.split('/').pop() ?? '',
      mimetype: 'application/octet-stream',
      size: DOWNLOAD_SIZE,
    }),
  },
];
