import { request, Agent } from 'node:https';
import type { Emulator } from '../src';

/** What came back from the emulator. */
export interface Reply {
  readonly status: number;
  readonly reason: string;
  readonly text: string;
  /** The body as JSON, or undefined for an empty one. */
  readonly json: ReplyBody | undefined;
}

/** The body of an answer. */
export interface ReplyBody {
  readonly data?: unknown;
  readonly message?: string;
  readonly errors?: Readonly<Record<string, string>>;
  readonly total?: number;
}

/** What to send. */
interface Send {
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: string;
  readonly json?: boolean;
}

/** A keep-alive client that trusts the emulator's certificate. */
export class Client {
  private readonly agent: Agent;

  constructor(private readonly emulator: Emulator) {
    this.agent = new Agent({ keepAlive: true, ca: emulator.certificate });
  }

  /** Sends one request. Paths that do not start with `/_` are below `/api2/json`. */
  send(method: string, path: string, what: Send = {}): Promise<Reply> {
    const url = new URL(this.emulator.url + (path.startsWith('/_') ? path : `/api2/json${path}`));
    url.search = what.query ?? '';
    const type = what.json === true ? 'application/json' : 'application/x-www-form-urlencoded';
    const headers = { ...(what.body === undefined ? {} : { 'Content-Type': type }), ...what.headers };
    return new Promise((resolve, reject) => {
      const sent = request(url, { method, headers, agent: this.agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({
            status: response.statusCode ?? 0,
            reason: response.statusMessage ?? '',
            text,
            json: text === '' ? undefined : (JSON.parse(text) as ReplyBody),
          });
        });
      });
      sent.on('error', reject);
      sent.end(what.body);
    });
  }

  /** Closes idle connections. */
  close(): void {
    this.agent.destroy();
  }
}
