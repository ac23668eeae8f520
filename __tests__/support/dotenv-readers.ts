import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Requirement } from './requirements';

const FOLDER = path.join(os.homedir(), '.cache', 'pvestack-lab', 'dotenv-17.4.2-python-1.2.4');
const NODE = path.join(FOLDER, 'node_modules', 'dotenv');
const PYTHON = path.join(FOLDER, 'python');

/** dotenv of npm and python-dotenv of PyPI, installed into the lab's cache the first time. */
export const dotenvReaders: Requirement = {
  name: 'dotenv 17.4.2 and python-dotenv 1.2.4 (npm, python3 with pip, their registries)',
  met: () => {
    const run = (file: string, args: readonly string[]): void => {
      execFileSync(file, args, { cwd: FOLDER, stdio: 'ignore', timeout: 120_000 });
    };
    try {
      mkdirSync(FOLDER, { recursive: true });
      if (!existsSync(NODE))
        run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', FOLDER, 'dotenv@17.4.2']);
      if (!existsSync(path.join(PYTHON, 'dotenv')))
        run('python3', ['-m', 'pip', 'install', '--quiet', '--target', PYTHON, 'python-dotenv==1.2.4']);
      return true;
    } catch {
      return false;
    }
  },
};

const READ_NODE =
  'const d=require(process.argv[1]);let s="";process.stdin.on("data",c=>s+=c).on("end",()=>console.log(JSON.stringify(JSON.parse(s).map(f=>d.parse(f)))))';
const READ_PYTHON =
  'import sys,json,io,dotenv;print(json.dumps([dotenv.dotenv_values(stream=io.StringIO(f)) for f in json.load(sys.stdin)]))';

/**
 * Reads env files with both.
 * @param files their contents
 * @returns for each file what dotenv and what python-dotenv read
 */
export function readWithDotenv(
  files: readonly string[],
): { node: Record<string, string>; python: Record<string, string> }[] {
  const read = (file: string, args: readonly string[]): Record<string, string>[] =>
    JSON.parse(
      execFileSync(file, args, {
        input: JSON.stringify(files),
        encoding: 'utf8',
        maxBuffer: 2 ** 26,
        // An empty environment: python-dotenv would fill ${HOME} in.
        env: { PATH: process.env['PATH'], PYTHONPATH: PYTHON, PYTHONIOENCODING: 'utf8' },
        stdio: ['pipe', 'pipe', 'ignore'],
      }),
    ) as Record<string, string>[];
  const node = read(process.execPath, ['-e', READ_NODE, NODE]);
  const python = read('python3', ['-c', READ_PYTHON]);
  return files.map((_file, index) => ({ node: node[index] ?? {}, python: python[index] ?? {} }));
}
