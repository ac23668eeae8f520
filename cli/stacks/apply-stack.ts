import path from 'node:path';
import { terraform } from '../terraform';
import { meaningOf } from './apply-events';
import { reasonOf } from './failure';
import type { Interrupt } from './interrupt';
import type { Operation } from './operation';
import type { Options } from './options';
import type { Progress } from './progress';
import type { Run } from './run';

/** How much of what a guest said is repeated where it failed. */
const LAST = 12;

/**
 * Applies what was planned, and nothing else.
 * @param run the stack
 * @param operation what it is
 * @param options of the command
 * @param progress where to say what happens
 * @param interrupt whether it was interrupted
 */
export async function applyStack(
  run: Run,
  operation: Operation,
  options: Options,
  progress: Progress,
  interrupt: Interrupt,
): Promise<void> {
  const { name, folder } = run;
  const began = Date.now();
  const errors: string[] = [];
  const others: string[] = [];
  const said = new Map<string, string[]>();
  const begun: string[] = [];
  progress.step(name, operation.name);
  const { code, stderr } = await terraform(
    folder,
    [
      'apply',
      '-json',
      '-input=false',
      ...(options.lockTimeout === undefined ? [] : [`-lock-timeout=${options.lockTimeout}`]),
      run.plan,
    ],
    {
      shielded: true,
      env: await run.providers(),
      onLine: (line) => {
        const meaning = meaningOf(line);
        if (meaning?.kind === 'step') {
          begun.push(meaning.step);
          progress.step(name, meaning.step);
        } else if (meaning?.kind === 'said') {
          said.set(meaning.step, [...(said.get(meaning.step) ?? []), meaning.text].slice(-LAST));
          progress.say(name, `${meaning.step}: ${meaning.text}`);
        } else if (meaning?.kind === 'finished') run.finished.push(meaning.step);
        else if (meaning?.kind === 'error') errors.push(meaning.text);
        else if (meaning) others.push(meaning.text);
      },
    },
  );
  run.took = Date.now() - began;
  progress.end(name);
  if (code === 0) {
    run.outcome = 'done';
    return;
  }
  const failed = begun.filter((step) => !run.finished.includes(step));
  const finished = run.finished.length > 0 ? `through: ${run.finished.join(', ')}. ` : 'nothing is through. ';
  const where = { stack: name, folder: path.relative(process.cwd(), folder) || '.', command: operation.name };
  const words = failed.flatMap((step) => (said.get(step) ?? []).map((line) => `${step}: ${line}`));
  const why = errors.filter((text) => !/execution halted|operation canceled|interrupt/i.test(text));
  run.outcome = interrupt.came ? 'interrupted' : 'failed';
  run.reason = [
    `${failed.length > 0 ? `${failed.join(', ')} failed; ` : ''}${finished}`.trim().replace(/\.$/, ''),
    ...words,
    ...(interrupt.came && why.length === 0
      ? []
      : [reasonOf((why.length > 0 ? why : [...others, stderr]).join('\n'), where)]),
  ].join('\n');
}
