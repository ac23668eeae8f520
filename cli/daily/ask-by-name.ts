import { UserError } from '../../inventory/user-error';
import { terminalAsk } from '../ask';

/**
 * Asks for a stack by its name, before something that nobody should do by accident.
 * @param stack its name
 * @param question what will be done
 * @param answer what was said on the command line already (`--yes NAME`)
 * @throws UserError where another name or none was said
 */
export async function askByName(stack: string, question: string, answer?: string): Promise<void> {
  let said = answer;
  if (said === undefined) {
    const ask = terminalAsk();
    if (!ask) throw new UserError(`This is no terminal to ask in: give --yes ${stack} to go on.`);
    said = await ask(`${question} Type the name of the stack to go on: `);
  }
  if (said.trim() !== stack) throw new UserError(`"${said.trim()}" is not ${stack}: nothing was done.`);
}
