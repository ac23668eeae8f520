import type { Call } from '../endpoint';
import type { TaskContext } from '../tasks';

/** How long a request waits for a guest that is being worked on. */
export const LOCK_TIMEOUT = 10_000;

/** How long a task waits for a guest that another one works on. */
const TASK_LOCK_TIMEOUT = 60_000;

/** Runs a worker's part that needs the guest to itself; says so in the log when it has to wait. */
export async function exclusively<T>(
  call: Call,
  vmid: number,
  task: TaskContext,
  work: () => Promise<T>,
): Promise<T> {
  const { locks } = call.services;
  const waiting = locks.busy(vmid);
  if (waiting) task.log('trying to acquire lock...');
  return locks.with(vmid, TASK_LOCK_TIMEOUT, () => {
    if (waiting) task.log(' OK');
    return work();
  });
}
