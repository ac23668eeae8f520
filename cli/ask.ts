import { createInterface } from 'node:readline/promises';

/** Asks a question; undefined: there is nobody to ask. */
export type Ask = ((question: string) => Promise<string>) | undefined;

/**
 * Who sits at the terminal, if anybody does.
 * @returns what asks, and gives the answer without spaces around it; '' for Ctrl-C
 */
export function terminalAsk(): Ask {
  if (!process.stdin.isTTY) return undefined;
  return async (question) => {
    const ask = createInterface({ input: process.stdin, output: process.stdout });
    // Ctrl-C at a question is a no, and nothing has begun.
    const given = new AbortController();
    ask.once('SIGINT', () => {
      given.abort();
    });
    try {
      return (await ask.question(question, { signal: given.signal })).trim();
    } catch {
      console.log('');
      return '';
    } finally {
      ask.close();
    }
  };
}
