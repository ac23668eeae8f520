import { readFileSync } from 'node:fs';
import path from 'node:path';
import { kit, KIT_FILE } from './kit';

/** The programs that run where Terraform runs: plain POSIX sh, the same for every stack. */
export const PLANNER = path.join(__dirname, '..', 'planner');
const NAMES = ['creatable.sh', 'host-key.sh', 'look.sh', 'preflight.sh', 'ssh.sh', 'trust.sh'];

/** What never goes to a remote run: a plan, a state and variables hold secrets in clear (HCP Terraform, CLI-driven runs). */
const IGNORE = `# Never uploaded to a remote run: these hold secrets in clear.
/plan
*.tfplan
*.tfstate
*.tfstate.*
*.tfvars
*.tfvars.json
.terraform/
`;

/** A file beside a stack's JSON. */
interface Program {
  name: string;
  text: string;
}

let read: readonly Program[] | undefined;

/**
 * What a stack's folder needs besides its JSON, so that the folder alone is complete.
 * @returns the kit and the programs of the planner, read once
 */
export function stackPrograms(): readonly Program[] {
  read ??= [
    { name: KIT_FILE, text: kit() },
    { name: '.terraformignore', text: IGNORE },
    ...NAMES.map((name) => ({
      name,
      text: readFileSync(path.join(PLANNER, name), 'utf8').replaceAll('\r\n', '\n'),
    })),
  ];
  return read;
}
