import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_TOKEN, type Emulator } from 'proxmox-emulator';
import { Client } from '../../packages/proxmox-emulator/__tests__/client';

/** Parameters of a request; those that are undefined are not sent. */
export type ApiParams = Readonly<Record<string, string | undefined>>;

/**
 * Asks an emulator's API with its token that may do everything; where the answer is a task, waits for its end.
 * @param emulator in this process
 * @param method e.g. `POST`
 * @param path below `/api2/json`, with its query
 * @param params body of the request
 * @returns the answer's data
 * @throws Error for a refusal or a failed task, with its words
 */
export async function callApi(
  emulator: Emulator,
  method: string,
  path: string,
  params: ApiParams = {},
): Promise<unknown> {
  const [where = '', query = ''] = path.split('?');
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value !== undefined) body.append(name, value);
  const client = new Client(emulator);
  const headers = { Authorization: `PVEAPIToken=${DEFAULT_TOKEN}` };
  const reply = await client.send(method, where, {
    headers,
    query,
    ...(body.size === 0 ? {} : { body: body.toString() }),
  });
  client.close();
  if (reply.status !== 200)
    throw new Error(`${method} ${path}: ${String(reply.status)} ${reply.reason} ${reply.text}`);
  const data = reply.json?.data;
  if (typeof data !== 'string' || !data.startsWith('UPID:')) return data;
  let task = emulator.tasks.find(data);
  while (task?.exitstatus === undefined) {
    await sleep(10);
    task = emulator.tasks.find(data);
  }
  if (!/^(OK|WARNINGS)/.test(task.exitstatus)) throw new Error(`${method} ${path}: ${task.exitstatus}`);
  return data;
}
