import { isIPv4 } from 'node:net';
import type { Socket } from 'node:dgram';

const TYPE_A = 1;
const CLASS_IN = 1;
const TTL_SECONDS = 5;
const NO_ERROR = 0;
const NOT_IMPLEMENTED = 4;
const NO_SUCH_NAME = 3;

/** The question of a DNS message. */
interface Question {
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** Offset of what follows it. */
  readonly end: number;
}

function readQuestion(query: Buffer): Question | undefined {
  const labels: string[] = [];
  let at = 12;
  for (;;) {
    const length = query[at];
    if (length === undefined || length > 63) return undefined;
    if (length === 0) break;
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  if (query.length < at + 5) return undefined;
  const name = labels.join('.').toLowerCase();
  return { name, type: query.readUInt16BE(at + 1), class: query.readUInt16BE(at + 3), end: at + 5 };
}

/**
 * Answers a DNS query about IPv4 addresses.
 * @param query the message
 * @param lookup the address of a name (in lower case, without a dot at its end), or undefined for an unknown name
 * @returns the answer; undefined for what is no query with one question
 */
export function answerQuery(query: Buffer, lookup: (name: string) => string | undefined): Buffer | undefined {
  if (query.length < 17 || ((query[2] ?? 0) & 0x80) !== 0 || query.readUInt16BE(4) !== 1) return undefined;
  const question = readQuestion(query);
  if (!question) return undefined;
  const standard = ((query[2] ?? 0) & 0x78) === 0;
  const address = standard && question.class === CLASS_IN ? lookup(question.name) : undefined;
  const found = address !== undefined && isIPv4(address);
  const give = found && question.type === TYPE_A;
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  // A response, authoritative; recursion as desired, and available.
  header[2] = 0x84 | ((query[2] ?? 0) & 0x79);
  header[3] = 0x80 | (!standard ? NOT_IMPLEMENTED : found ? NO_ERROR : NO_SUCH_NAME);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(give ? 1 : 0, 6);
  const parts = [header, query.subarray(12, question.end)];
  if (give) {
    const record = Buffer.alloc(16);
    // The name is that of the question.
    record.writeUInt16BE(0xc00c, 0);
    record.writeUInt16BE(TYPE_A, 2);
    record.writeUInt16BE(CLASS_IN, 4);
    record.writeUInt32BE(TTL_SECONDS, 6);
    record.writeUInt16BE(4, 10);
    address.split('.').forEach((part, index) => (record[12 + index] = Number(part)));
    parts.push(record);
  }
  return Buffer.concat(parts);
}

/** Answers the queries that come in at a socket. */
export function serveDns(socket: Socket, lookup: (name: string) => string | undefined): void {
  socket.on('message', (query, from) => {
    const answer = answerQuery(query, lookup);
    if (answer) socket.send(answer, from.port, from.address);
  });
  socket.on('error', () => undefined);
}
