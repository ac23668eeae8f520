import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

/** The files of a guest that does not run: written from outside, never through a link that leads out of it. */
export class RootFs {
  /**
   * @param root its root folder, as seen from here.
   * @param shift first id of the guest's users.
   */
  constructor(
    readonly root: string,
    private readonly shift: number,
  ) {}

  /** The text of a file; empty when there is none. */
  read(file: string): string {
    const found = this.resolve(file);
    return existsSync(found) ? readFileSync(found, 'utf8') : '';
  }

  /** Writes a file of root, in folders that are made where they are missing. */
  write(file: string, text: string, mode = 0o644): void {
    this.folder(path.posix.dirname(file));
    const found = this.resolve(file);
    writeFileSync(found, text, { mode });
    chmodSync(found, mode);
    chownSync(found, this.shift, this.shift);
  }

  /** Makes a folder of root, with those above it. */
  folder(name: string, mode = 0o755): void {
    const found = this.resolve(name);
    if (existsSync(found)) return;
    this.folder(path.posix.dirname(name));
    mkdirSync(found, { mode });
    chownSync(found, this.shift, this.shift);
  }

  /** Where a path of the guest is, with links followed as the guest would follow them. */
  private resolve(file: string): string {
    let left = file.split('/');
    let at = '/';
    let links = 0;
    while (left.length > 0) {
      const [part = '', ...rest] = left;
      left = rest;
      if (part === '' || part === '.') continue;
      const next = path.posix.join(at, part);
      const real = path.join(this.root, next);
      const link = lstatSync(real, { throwIfNoEntry: false })?.isSymbolicLink() === true;
      if (link && (links += 1) > 40) throw new Error(`too many symbolic links at ${file}`);
      if (!link) at = next;
      else {
        const target = readlinkSync(real);
        if (target.startsWith('/')) at = '/';
        left = [...target.split('/'), ...left];
      }
    }
    return path.join(this.root, at);
  }
}
