/**
 * A public key that nobody has.
 * @param type e.g. `ssh-ed25519`
 * @param fields the fields of its blob after the type: texts, or lengths of zero bytes
 * @returns type and blob, as in authorized_keys
 */
export function publicKey(type: string, ...fields: (string | number)[]): string {
  const parts = [type, ...fields].map((field) => {
    const bytes = typeof field === 'number' ? Buffer.alloc(field) : Buffer.from(field);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  });
  return `${type} ${Buffer.concat(parts).toString('base64')}`;
}
