import type { IncomingMessage } from 'node:http';
import { ApiError } from './errors';

const LIMIT = 16 * 1024 * 1024;

/** Reads a request to its end. @throws ApiError 413 for a very large one */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const part = chunk as Buffer;
    size += part.length;
    if (size > LIMIT) throw new ApiError(413, 'for data too large');
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** A parameter that comes more than once has its values joined by NUL, as lists take them. */
function put(params: Map<string, string>, name: string, value: string): void {
  const before = params.get(name);
  params.set(name, before === undefined ? value : `${before}\0${value}`);
}

function jsonValue(value: unknown): string {
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (Array.isArray(value)) return value.map(jsonValue).join('\0');
  return typeof value === 'string'
    ? value
    : typeof value === 'number'
      ? String(value)
      : JSON.stringify(value);
}

/** Takes the parameters of query and body together. @throws ApiError 400 for JSON that is none */
export function readParams(query: URLSearchParams, body: string, contentType: string): Map<string, string> {
  const params = new Map<string, string>();
  query.forEach((value, name) => {
    put(params, name, value);
  });
  if (body === '') return params;
  if (contentType.includes('json')) {
    let parsed: unknown;
    try {
      parsed = JSON.parse(body);
    } catch {
      throw new ApiError(400, 'malformed JSON string');
    }
    for (const [name, value] of Object.entries(parsed ?? {})) {
      if (value !== null && value !== undefined) put(params, name, jsonValue(value));
    }
    return params;
  }
  new URLSearchParams(body).forEach((value, name) => {
    put(params, name, value);
  });
  return params;
}
