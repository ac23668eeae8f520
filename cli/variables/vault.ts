import { isAlias, isMap, isScalar, parseDocument } from 'yaml';
import { UserError } from '../../inventory/user-error';

/** A decrypted vault. */
interface Vault {
  /** Its texts by name, as they are written there (`0123`, `yes`). */
  values: Map<string, string>;
  /** What cannot be used, by name: why. */
  unusable: Map<string, string>;
}

/**
 * Reads what `ansible-vault view` prints. No message holds a part of it.
 * @param text the decrypted vault
 * @returns what is in it; what no stack asks for may be anything
 * @throws UserError for what is no vault, or is still encrypted
 */
export function readVault(text: string): Vault {
  if (/^\s*\$ANSIBLE_VAULT;/.test(text)) {
    throw new UserError(
      'The vault is still encrypted: ansible-vault view vault.yml | pvestack variables --from-vault -',
    );
  }
  if (text.trim() === '') {
    throw new UserError(
      'Nothing came: ansible-vault view vault.yml | pvestack variables --from-vault - (did it ask for a password, or fail?)',
    );
  }
  // Its own messages would print the lines around a mistake.
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'silent' });
  const [mistake] = document.errors;
  if (mistake) {
    const line = text.slice(0, mistake.pos[0]).split('\n').length;
    throw new UserError(
      `Line ${line} of the vault is not the YAML of a map of names and values (${mistake.code}).`,
    );
  }
  if (!isMap(document.contents)) {
    throw new UserError('The vault is no map of names and values: vault_name: value, one on each line.');
  }
  const values = new Map<string, string>();
  const unusable = new Map<string, string>();
  for (const { key, value } of document.contents.items) {
    const name = isScalar(key) ? String(key.value) : '';
    const node = isAlias(value) ? value.resolve(document) : value;
    if (!isScalar(node)) unusable.set(name, 'is no text');
    else if (node.value !== null) {
      const written = typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
      if (/\{\{|\{%/.test(written)) unusable.set(name, 'holds Jinja, which nobody evaluates here');
      else values.set(name, written);
    }
  }
  return { values, unusable };
}
