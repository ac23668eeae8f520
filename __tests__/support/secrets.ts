import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { inflateRawSync } from 'node:zlib';

/** A place that was searched, e.g. `plan`, and what was found there, e.g. `token clear`. */
export type Finding = readonly [place: string, ...found: string[]];

/** The lines that tell: a long text is not split as a whole only. */
function parts(value: string): string[] {
  const lines = value.split('\n').filter((line) => line.length >= 20 && !line.startsWith('-----'));
  return lines.length > 1 ? lines : [value];
}

/** What of the base64 of a text around a value depends on the value alone, wherever the value begins. */
function insideBase64(value: string): string[] {
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), Buffer.from(value)]).toString('base64');
    return encoded.replace(/=+$/, '').slice(before === 0 ? 0 : before + 1, -1);
  });
}

/** Go writes `<`, `>` and `&` of JSON as escapes. */
function goJson(value: string): string {
  return JSON.stringify(value)
    .slice(1, -1)
    .replace(/[<>&]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
}

/** How a value may be written, by the name of the form; all lower-case forms of digits are searched in any case. */
function forms(value: string): Record<string, string[]> {
  const hash = (algorithm: string): string[] => {
    const digest = createHash(algorithm).update(value).digest();
    return [digest.toString('hex'), digest.toString('base64').replace(/=+$/, '')];
  };
  const escapedOnce = JSON.stringify(value).slice(1, -1);
  return {
    clear: parts(value).flatMap((part) => [
      part,
      JSON.stringify(part).slice(1, -1),
      goJson(part),
      goJson(goJson(part)),
      part.replaceAll("'", "'\\''"),
      part.replace(/[\\"`$]/g, '\\$&'),
      escapedOnce,
    ]),
    'URL-encoded': [encodeURIComponent(value), new URLSearchParams({ value }).toString().slice(6)],
    base64: [...parts(value).flatMap(insideBase64), Buffer.from(value).toString('base64url')],
    hex: [Buffer.from(value).toString('hex')],
    sha256: hash('sha256'),
    sha1: hash('sha1'),
    md5: hash('md5'),
  };
}

/** Secrets, and a search for them in every form that anybody might call a leak. */
export class Secrets {
  readonly #forms: [name: string, form: string, text: string][];

  /** @param values the secrets by name; long enough not to be found by chance */
  constructor(readonly values: Readonly<Record<string, string>>) {
    this.#forms = Object.entries(values).flatMap(([name, value]) =>
      Object.entries(forms(value)).flatMap(([form, texts]) =>
        texts.map((text): [string, string, string] => [name, form, text]),
      ),
    );
    const short = this.#forms.filter(([, , text]) => text.length < 8);
    if (short.length > 0) throw new Error(`too short to be searched for: ${JSON.stringify(short)}`);
  }

  /**
   * Searches a text.
   * @returns `name form` of what was found, sorted; plain text found URL-encoded counts as clear only
   */
  find(text: string): string[] {
    const lower = text.toLowerCase();
    const found = this.#forms.filter(([, , form]) =>
      /^[0-9a-f]+$/.test(form) ? lower.includes(form) : text.includes(form),
    );
    const clear = new Set(found.filter(([, form]) => form === 'clear').map(([name]) => name));
    const names = found
      .filter(([name, form]) => !(form === 'URL-encoded' && clear.has(name)))
      .map(([name, form]) => `${name} ${form}`);
    return [...new Set(names)].sort();
  }

  /**
   * Searches every file of a folder, links not followed, and what is in a zip archive (a saved plan is one).
   * @returns a finding for each file that holds something, by its path
   */
  findInFiles(folder: string): Finding[] {
    return filesOf(folder).flatMap((file): Finding[] => {
      const bytes = readFileSync(file);
      const found = [bytes, ...unzipped(bytes)].flatMap((part) => this.find(part.toString()));
      return found.length === 0 ? [] : [[path.relative(folder, file), ...new Set(found.sort())]];
    });
  }
}

/** All regular files below a folder. */
export function filesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const where = path.join(folder, entry.name);
      if (entry.isDirectory()) return filesOf(where);
      return lstatSync(where).isFile() ? [where] : [];
    })
    .sort();
}

/**
 * The files of a zip archive, whatever is in front of it.
 * Source: PKWARE, APPNOTE.TXT, 4.3 "General Format of a .ZIP file".
 * @returns their contents; none where the bytes are no archive
 */
function unzipped(bytes: Buffer): Buffer[] {
  const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0) return [];
  const contents: Buffer[] = [];
  let entry = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    const [name, extra, comment] = [28, 30, 32].map((at) => bytes.readUInt16LE(entry + at));
    const local = bytes.readUInt32LE(entry + 42);
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const data = bytes.subarray(start, start + bytes.readUInt32LE(entry + 20));
    contents.push(bytes.readUInt16LE(entry + 10) === 8 ? inflateRawSync(data) : data);
    entry += 46 + (name ?? 0) + (extra ?? 0) + (comment ?? 0);
  }
  return contents;
}
