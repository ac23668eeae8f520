/** How many fields follow the name of the type in the blob of a public key. */
const FIELDS: Readonly<Record<string, number>> = {
  'ssh-ed25519': 1,
  'ssh-rsa': 2,
  'ecdsa-sha2-nistp256': 2,
  'ecdsa-sha2-nistp384': 2,
  'ecdsa-sha2-nistp521': 2,
  'sk-ssh-ed25519@openssh.com': 2,
  'sk-ecdsa-sha2-nistp256@openssh.com': 3,
};

/**
 * Whether a public key is whole: a slip of copy and paste takes the end of one, or a letter in its middle.
 * @param line as in authorized_keys, without options: type, blob in base64, comment
 * @returns whether the blob is of that type and has all its fields (RFC 4253 6.6, RFC 5656 3.1, RFC 8709 4 and
 *   OpenSSH's PROTOCOL.u2f), ed25519's being of 32 bytes
 */
export function isWholePublicKey(line: string): boolean {
  const [type = '', base64 = ''] = line.split(' ');
  const fields = blobFields(Buffer.from(base64, 'base64'));
  if (fields?.shift()?.toString('latin1') !== type) return false;
  if (fields.length !== FIELDS[type]) return false;
  return !type.includes('ed25519') || fields[0]?.length === 32;
}

/** The fields of a blob, each with its length in front; undefined where they do not fill it. */
function blobFields(blob: Buffer): Buffer[] | undefined {
  const fields: Buffer[] = [];
  let at = 0;
  while (at < blob.length) {
    const start = at + 4;
    if (start > blob.length) return undefined;
    at = start + blob.readUInt32BE(at);
    if (at > blob.length) return undefined;
    fields.push(blob.subarray(start, at));
  }
  return fields;
}
