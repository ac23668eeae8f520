import { tmpdir } from 'node:os';
import type * as Terraform from '../../cli/terraform';

/** Writes both halves of a character apart, as a pipe may deliver them. */
const HALVES = `
const bytes = Buffer.from('before 🦀 after\\n');
const write = (stream) => {
  stream.write(bytes.subarray(0, 9));
  setTimeout(() => stream.write(bytes.subarray(9)), 100);
};
write(process.stdout);
write(process.stderr);
`;

it('reads a character that comes in two parts', async () => {
  const was = process.env['TERRAFORM_BINARY_NAME'];
  process.env['TERRAFORM_BINARY_NAME'] = process.execPath;
  try {
    const lines: string[] = [];
    await jest.isolateModulesAsync(async () => {
      const { terraform } = jest.requireActual<typeof Terraform>('../../cli/terraform');
      const text = 'before 🦀 after\n';
      const run = await terraform(tmpdir(), ['-e', HALVES], { onLine: (line) => lines.push(line) });
      expect(run).toEqual({ code: 0, stdout: text, stderr: text });
    });
    expect(lines).toEqual(['before 🦀 after', 'before 🦀 after']);
  } finally {
    if (was === undefined) delete process.env['TERRAFORM_BINARY_NAME'];
    else process.env['TERRAFORM_BINARY_NAME'] = was;
  }
});
