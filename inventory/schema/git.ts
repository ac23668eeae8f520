/** What to do about a wrong branch name. */
export const BRANCH_FIX = 'write a branch such as main or feature/login (rules: git check-ref-format)';

/**
 * Whether a name is a valid branch (git check-ref-format --branch).
 * @param name the name
 * @returns true when git accepts it
 */
export function isBranch(name: string): boolean {
  if (name === '' || name === '@' || name === 'HEAD' || name.startsWith('-')) return false;
  // eslint's no-control-regex: git forbids exactly these control characters.
  if ([...name].some((char) => char.charCodeAt(0) <= 0x20 || char.charCodeAt(0) === 0x7f)) return false;
  if (/[~^:?*[\\]|\.\.|@\{|\/\/|\.$|^\/|\/$/.test(name)) return false;
  return name.split('/').every((part) => !part.startsWith('.') && !part.endsWith('.lock'));
}

/** What is wrong with a repository URL, and what to do. */
interface RepoProblem {
  what: string;
  fix: string;
}

/** Said of what is no URL at all. */
export const NOT_A_URL: RepoProblem = {
  what: 'is not a git URL',
  fix: 'write e.g. git@git.example.lan:team/app.git',
};

/**
 * What is wrong with a repository URL.
 * @param url the URL, without vault references
 * @returns what is wrong and what to do, or undefined when git and this tool accept it
 */
export function repoProblem(url: string): RepoProblem | undefined {
  if (url.startsWith('-'))
    return { what: 'begins with "-", which git reads as an option', fix: 'write the URL' };
  if (/^([^/]*@|[a-z+]+:\/\/([^/]*@)?)-/.test(url)) {
    return { what: 'has a host that begins with "-", which ssh reads as an option', fix: 'mend the host' };
  }
  if (/^[A-Za-z0-9]+::/.test(url)) {
    return {
      what: 'uses a git remote helper, which can run any command',
      fix: 'write an https:// or ssh:// URL',
    };
  }
  if (/\s/.test(url)) return { what: 'holds a space', fix: 'write the URL without spaces' };
  if (/^https?:\/\/[^/]*@/.test(url) || /^[a-z+]+:\/\/[^/@]*:[^/@]*@/.test(url)) {
    return {
      what: 'holds credentials',
      fix: 'remove them and give a read-only deploy key as git_deploy_key: "{{ vault_… }}"',
    };
  }
  if (!/^((https?|ssh|git|file):\/\/[^\s]+|[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:[^\s]+|\/[^\s]+)$/.test(url)) {
    return NOT_A_URL;
  }
  return undefined;
}
