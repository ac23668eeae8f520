import type { Call, Endpoint, Json } from '../endpoint';
import { badParameters } from '../errors';
import * as formats from '../formats';
import { choice, flag, integer, required, splitList, text, type ParamSpecs } from '../params';
import { can } from '../privileges';
import { isUpid } from '../tasks';
import type { TaskRecord } from '../model';

const NODE: ParamSpecs = { node: required(text({ format: formats.node })) };
const TASK: ParamSpecs = { ...NODE, upid: required(text()) };

/** Callers see their own tasks, and all of a node where they may audit it. */
export function taskVisible(call: Call, task: TaskRecord): boolean {
  return (
    can(call.who, `/nodes/${task.node}`, 'Sys.Audit') ||
    (task.user === call.who.userid && task.tokenid === call.who.tokenid)
  );
}

function kindOfStatus(status: string): string {
  if (status === 'OK') return 'ok';
  if (status.startsWith('WARNINGS')) return 'warning';
  return status === 'unexpected status' ? 'unknown' : 'error';
}

function matches(call: Call, task: TaskRecord): boolean {
  const status = task.exitstatus ?? '';
  const user = task.tokenid === undefined ? task.user : `${task.user}!${task.tokenid}`;
  const wanted = splitList(call.str('statusfilter') ?? '');
  const since = call.num('since');
  const until = call.num('until');
  const vmid = call.str('vmid');
  const type = call.str('typefilter');
  return (
    task.node === call.node &&
    taskVisible(call, task) &&
    (vmid === undefined || task.id === vmid) &&
    (type === undefined || task.type === type) &&
    (since === undefined || task.starttime >= since) &&
    (until === undefined || task.starttime <= until) &&
    user.includes(call.str('userfilter') ?? '') &&
    (!call.on('errors') || (task.endtime !== undefined && kindOfStatus(status) !== 'ok')) &&
    (wanted.length === 0 || (task.endtime !== undefined && wanted.includes(kindOfStatus(status))))
  );
}

function listed(task: TaskRecord): Json {
  const common = {
    upid: task.upid,
    node: task.node,
    pid: task.pid,
    pstart: task.pstart,
    starttime: task.starttime,
    type: task.type,
    id: task.id,
  };
  if (task.endtime === undefined) {
    const user = task.tokenid === undefined ? task.user : `${task.user}!${task.tokenid}`;
    return { ...common, user, saved: '0', status: 'RUNNING' };
  }
  return {
    ...common,
    user: task.user,
    ...(task.tokenid === undefined ? {} : { tokenid: task.tokenid }),
    endtime: task.endtime,
    status: task.exitstatus ?? '',
  };
}

function list(call: Call): Json {
  const source = call.str('source') ?? 'archive';
  const found = call.services.state.tasks
    .filter((task) => matches(call, task))
    .filter((task) => source === 'all' || (task.endtime === undefined) === (source === 'active'))
    .reverse();
  // Running tasks come first.
  found.sort((a, b) => Number(a.endtime !== undefined) - Number(b.endtime !== undefined));
  call.extra.total = found.length;
  const start = call.num('start') ?? 0;
  return found.slice(start, start + (call.num('limit') ?? 50)).map(listed);
}

function findTask(call: Call): TaskRecord | undefined {
  const upid = call.need('upid');
  if (!isUpid(upid)) throw badParameters({ upid: 'unable to parse worker upid' });
  const task = call.services.tasks.find(upid);
  if (task && !taskVisible(call, task)) call.check(`/nodes/${task.node}`, 'Sys.Audit');
  return task;
}

function status(call: Call): Json {
  const task = findTask(call);
  if (!task) throw badParameters({ upid: 'no such task' });
  return {
    upid: task.upid,
    node: task.node,
    pid: task.pid,
    pstart: task.pstart,
    starttime: task.starttime,
    type: task.type,
    id: task.id,
    user: task.user,
    ...(task.tokenid === undefined ? {} : { tokenid: task.tokenid }),
    ...(task.endtime === undefined
      ? { status: 'running' }
      : { status: 'stopped', exitstatus: task.exitstatus ?? 'unexpected status' }),
  };
}

function log(call: Call): Json {
  const task = findTask(call);
  // A log is never empty: Proxmox's own web interface needs a line.
  const said = task?.log.length === 0 ? ['no content'] : task?.log;
  const lines = said ?? ['unable to open file - No such file or directory'];
  call.extra.total = lines.length;
  const start = call.num('start') ?? 0;
  return lines.map((t, at) => ({ n: at + 1, t })).slice(start, start + (call.num('limit') ?? 50));
}

/** Tasks of a node. */
export const taskEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/nodes/{node}/tasks',
    params: {
      ...NODE,
      errors: flag(),
      limit: integer(0),
      since: integer(),
      source: choice('archive', 'active', 'all'),
      start: integer(0),
      statusfilter: text(),
      typefilter: text(),
      until: integer(),
      userfilter: text(),
      vmid: integer(undefined, undefined, { format: formats.vmid }),
    },
    handler: list,
  },
  { method: 'GET', path: '/nodes/{node}/tasks/{upid}/status', params: TASK, handler: status },
  {
    method: 'GET',
    path: '/nodes/{node}/tasks/{upid}/log',
    params: { ...TASK, start: integer(0), limit: integer(0), download: flag() },
    handler: log,
  },
];
