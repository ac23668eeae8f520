import { synthesize } from '../main';
import { openContext } from './context';
import { terminal } from './output';
import { sayUnpinned } from './provider-lock';
import { run } from './run';

/**
 * The app of cdktf.json: writes all stacks; cdktf prints what it made of them.
 * @returns the exit code
 */
export function app(): Promise<number> {
  return run(terminal, () => {
    const { settings, inventory } = openContext(terminal, { deploys: true });
    synthesize(settings, inventory);
    sayUnpinned(settings, terminal);
  });
}
