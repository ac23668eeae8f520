import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from './errors';
import { nameOf, type Principal } from './privileges';
import type { TaskRecord } from './model';
import type { ClusterState } from './state';

/** What a worker can do besides its work. */
export interface TaskContext {
  /** Adds a line to the task's log. */
  log(line: string): void;
  /** Adds a warning; the task then ends as `WARNINGS: n`. */
  warn(line: string): void;
  /** Lets the task's time pass; workers call it where real work would take long. */
  takeTime(): Promise<void>;
}

/** How a fault makes a task end. */
export interface TaskFault {
  readonly message: string;
  /** Fail once the work is done instead of doing none of it. */
  readonly after: boolean;
}

/** One task to start. */
interface TaskSpec {
  readonly node: string;
  readonly type: string;
  readonly id: string;
  readonly who: Principal;
  readonly fault?: TaskFault | undefined;
  /** Undoes what the request had prepared, when a fault lets the task fail before its work. */
  readonly onAbort?: (() => void) | undefined;
}

function hex(value: number): string {
  return value.toString(16).toUpperCase().padStart(8, '0');
}

/** Whether a text has the form of a task id. */
export function isUpid(text: string): boolean {
  return /^UPID:[^:\s]+:[0-9A-F]{8}:[0-9A-F]{8,9}:[0-9A-F]{8}:[^:\s]+:[^:\s]*:[^:\s]+:$/i.test(text);
}

/** Starts tasks, and knows those that run and those that are done. */
export class TaskManager {
  private readonly running = new Set<Promise<void>>();
  private readonly waiting = new Set<() => void>();

  /**
   * @param state where the records are kept.
   * @param taskMs how long a task takes; can be changed at any time.
   */
  constructor(
    private readonly state: ClusterState,
    public taskMs: number,
  ) {}

  /** Starts a worker in the background. @returns its UPID, at once */
  start(spec: TaskSpec, work: (task: TaskContext) => Promise<void>): string {
    const now = Date.now();
    const pid = this.state.takePid();
    const pstart = Math.floor((now - this.state.bootTime) / 10);
    const starttime = Math.floor(now / 1000);
    const upid = `UPID:${spec.node}:${hex(pid)}:${hex(pstart)}:${hex(starttime)}:${spec.type}:${spec.id}:${nameOf(spec.who)}:`;
    const record: TaskRecord = {
      upid,
      node: spec.node,
      pid,
      pstart,
      starttime,
      type: spec.type,
      id: spec.id,
      user: spec.who.userid,
      ...(spec.who.tokenid === undefined ? {} : { tokenid: spec.who.tokenid }),
      log: [],
    };
    this.state.tasks.push(record);
    if (this.state.tasks.length > 5000) this.state.tasks.shift();
    this.state.changed();
    const done = this.run(record, work, spec).finally(() => {
      this.running.delete(done);
      this.state.changed();
    });
    this.running.add(done);
    return upid;
  }

  /** The record of a task, or undefined. */
  find(upid: string): TaskRecord | undefined {
    return this.state.tasks.find((task) => task.upid === upid);
  }

  /** Whether a task runs. */
  get busy(): boolean {
    return this.running.size > 0;
  }

  /** Resolves when no task runs any more. */
  async idle(): Promise<void> {
    while (this.busy) await Promise.all(this.running);
  }

  /** Ends the time that running tasks take, now; what they do after it, they still do. */
  hurry(): void {
    [...this.waiting].forEach((done) => {
      done();
    });
  }

  /** Like {@link idle}, without waiting for the tasks' time to pass. */
  async finish(): Promise<void> {
    while (this.busy) {
      this.hurry();
      await sleep(1);
    }
  }

  private wait(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, this.taskMs);
      this.waiting.add(done);
    });
  }

  private async run(
    record: TaskRecord,
    work: (task: TaskContext) => Promise<void>,
    { fault, onAbort }: TaskSpec,
  ): Promise<void> {
    let warnings = 0;
    const context: TaskContext = {
      log: (line) => {
        record.log.push(line);
      },
      warn: (line) => {
        warnings += 1;
        record.log.push(`WARN: ${line}`);
      },
      takeTime: () => this.wait(),
    };
    try {
      // The answer with the UPID is sent before the worker begins.
      await sleep(0);
      if (fault && !fault.after) {
        await context.takeTime();
        onAbort?.();
        throw new Error(fault.message);
      }
      await work(context);
      if (fault) throw new Error(fault.message);
      record.exitstatus = warnings > 0 ? `WARNINGS: ${String(warnings)}` : 'OK';
      record.log.push(`TASK ${record.exitstatus}`);
    } catch (error) {
      record.exitstatus = messageOf(error);
      record.log.push(`TASK ERROR: ${record.exitstatus}`);
    }
    record.endtime = Math.floor(Date.now() / 1000);
  }
}
