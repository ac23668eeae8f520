import { literal, type Text } from '../inventory/text';
import { escapeLiteral, toTemplate } from './expression';

/**
 * A value as it stands in an env file: the one encoding that systemd, a shell and the dotenv readers read alike,
 * where one exists. Without `'` single quotes; with `'` double quotes, in which systemd and shells take a
 * backslash before `"`, `\`, `` ` `` and `$` for an escape (dotenv readers differ there: `isAmbiguous`).
 * Source: systemd.exec(5), EnvironmentFile=; POSIX.1-2024, Shell Command Language, 2.2 Quoting.
 * @param value the value; line ends stand in the quotes as they are
 * @returns the word after the `=`
 */
export function encodeEnvValue(value: string): string {
  if (!value.includes("'")) return `'${value}'`;
  return `"${value.replace(/[\\"`$]/g, '\\$&')}"`;
}

/**
 * The same encoding as a Terraform expression.
 * @param value an expression, short, as it stands there several times
 * @returns the expression of the word after the `=`
 */
export function encodeEnvExpression(value: string): string {
  const escapes = [
    ['\\\\', '\\\\\\\\'],
    ['\\"', '\\\\\\"'],
    ['`', '\\\\`'],
    ['$', '\\\\$'],
  ];
  const escaped = escapes.reduce((inner, [from, to]) => `replace(${inner}, "${from}", "${to}")`, value);
  return `strcontains(${value}, "'") ? "\\"\${${escaped}}\\"" : "'\${${value}}'"`;
}

/** An env file: what is in it, and what may be seen of it. */
interface EnvFile {
  /** Lines that anybody may read: of a secret only its variable's name. */
  shown: string[];
  /** Values that hold secrets, by name, as Terraform templates. */
  secrets: Record<string, string>;
  /** The lines as Terraform makes them, with `local.<name>_secrets` for the secrets. */
  lines: string[];
}

/**
 * The env file of an application.
 * @param envVars its variables
 * @param name what the local values of its secrets begin with
 * @returns the file; sorted as they are
 */
export function envFile(envVars: Readonly<Record<string, Text>>, name = 'env'): EnvFile {
  const file: EnvFile = { shown: [], secrets: {}, lines: [] };
  for (const [variable, text] of Object.entries(envVars)) {
    const known = literal(text);
    if (known !== undefined) {
      const lines = escapeLiteral(`${variable}=${encodeEnvValue(known)}`).split('\n');
      file.shown.push(...lines);
      file.lines.push(...lines);
      continue;
    }
    // What stands around a secret is seen, or a change of it would change nothing.
    const seen = text.parts.map((part) => (typeof part === 'string' ? part : `{{ ${part.variable} }}`));
    file.shown.push(...escapeLiteral(`${variable}=${seen.join('')}`).split('\n'));
    file.secrets[variable] = toTemplate(text);
    file.lines.push(`${variable}=\${local.${name}_secrets["${variable}"]}`);
  }
  return file;
}
