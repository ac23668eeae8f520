import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { PlanJson } from '../../cli/plan/plan-json';
import { pvestack } from './user-folder';

/**
 * A terraform that notes its arguments, and whose answers are files beside it: `<stack>.<command>` is what it prints,
 * `.err` to standard error, `.rc` its exit code; with 137 it is killed.
 */
const PROGRAM = `#!/bin/sh
root=\${0%/*}
stack=\${PWD##*/}
[ "$1" = version ] || echo "$stack $*" >>"$root/calls"
case $1 in
  version) cat "$root/version" 2>/dev/null || echo '{"terraform_version":"1.11.4"}'; exit ;;
  init) mkdir -p .terraform ;;
  plan)
    for word; do case $word in -out=*) file=\${word#-out=}; : >"$file"; ls -ld "$file" "\${file%/*}" | cut -c 1-10 >"$root/modes" ;; esac; done
    if [ -e "$root/$stack.once" ]; then rm "$root/$stack.once"; echo 'Error: Required plugins are not installed: run "terraform init"' >&2; exit 1; fi
    ;;
esac
[ "$(cat "$root/$stack.$1.rc" 2>/dev/null)" != 137 ] || kill -9 $$
[ ! -e "$root/$stack.$1" ] || cat "$root/$stack.$1"
[ ! -e "$root/$stack.$1.err" ] || cat "$root/$stack.$1.err" >&2
exit "$(cat "$root/$stack.$1.rc" 2>/dev/null || echo 0)"
`;

/** A folder with a fake terraform in it. */
export class FakeTerraform {
  /** @param folder where it is put */
  constructor(readonly folder: string) {
    writeFileSync(path.join(folder, 'terraform'), PROGRAM, { mode: 0o755 });
  }

  /** What it answers to a command of a stack. */
  answer(stack: string, command: string, text: string, more: { code?: number; err?: string } = {}): void {
    writeFileSync(path.join(this.folder, `${stack}.${command}`), text);
    if (more.code !== undefined) this.put(`${stack}.${command}.rc`, String(more.code));
    if (more.err !== undefined) this.put(`${stack}.${command}.err`, more.err);
  }

  /** The plan of a stack. */
  plan(stack: string, plan: PlanJson): void {
    this.answer(stack, 'show', JSON.stringify(plan));
    this.answer(stack, 'plan', '', { code: (plan.resource_changes ?? []).length > 0 ? 2 : 0 });
  }

  /** A file beside it. */
  put(name: string, text: string): void {
    writeFileSync(path.join(this.folder, name), text);
  }

  /** Runs pvestack with it. */
  pvestack(...args: string[]): ReturnType<typeof pvestack> {
    return pvestack(args, { PATH: `${this.folder}:${process.env['PATH'] ?? ''}` });
  }

  /** What it was called with, without the path of plans. */
  calls(): string[] {
    const file = path.join(this.folder, 'calls');
    return existsSync(file)
      ? readFileSync(file, 'utf8')
          .replace(/\S+\/(?=app-)/g, '')
          .trim()
          .split('\n')
      : [];
  }
}
