import { createHmac, timingSafeEqual } from 'node:crypto';
import { ApiError, unauthorized } from './errors';
import type { Grant, Principal } from './privileges';

/** A user who can log in with a password. */
export interface UserAccount {
  /** `user@realm`. */
  readonly userid: string;
  readonly password: string;
  readonly grant: Grant;
}

/** An API token. */
export interface ApiToken {
  /** `user@realm!tokenid`. */
  readonly id: string;
  readonly secret: string;
  readonly grant: Grant;
}

/** What of a request decides who sent it. */
export interface Credentials {
  readonly authorization?: string;
  readonly cookie?: string;
  readonly csrf?: string;
}

const TICKET_SECONDS = 7200;

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Users, tokens, tickets and CSRF tokens. */
export class Authenticator {
  private readonly users = new Map<string, UserAccount>();
  private readonly tokens = new Map<string, ApiToken>();

  /**
   * @param key signs tickets.
   * @param users who may log in; @param tokens which API tokens are good.
   */
  constructor(
    private readonly key: string,
    users: readonly UserAccount[],
    tokens: readonly ApiToken[],
  ) {
    users.forEach((user) => this.users.set(user.userid, user));
    tokens.forEach((token) => this.tokens.set(token.id, token));
  }

  /** Adds or replaces a token. */
  setToken(token: ApiToken): void {
    this.tokens.set(token.id, token);
  }

  /**
   * Checks a password, or a ticket in its place (that is how tickets are renewed).
   * @returns the user with a new ticket and CSRF token
   * @throws ApiError 401 `authentication failure`
   */
  login(userid: string, password: string): { who: Principal; ticket: string; csrf: string } {
    const user = this.users.get(userid);
    const good = user && (same(user.password, password) || this.ticketUser(password) === userid);
    if (!good) throw new ApiError(401, 'authentication failure');
    const time = this.now().toString(16).toUpperCase();
    return {
      who: { userid, grant: user.grant },
      ticket: `PVE:${userid}:${time}::${this.sign(`ticket:${userid}:${time}`)}`,
      csrf: `${time}:${this.sign(`csrf:${userid}:${time}`)}`,
    };
  }

  /**
   * Finds out who sends a request. A token needs no CSRF token, a ticket does for anything but reading.
   * @throws ApiError 401 with an empty body
   */
  identify(method: string, credentials: Credentials): Principal {
    const header = credentials.authorization;
    if (header?.startsWith('PVEAPIToken')) return this.tokenHolder(header);
    const ticket = /(?:^|;\s*)PVEAuthCookie=([^;]+)/.exec(credentials.cookie ?? '')?.[1];
    if (ticket === undefined || ticket === '') throw unauthorized('No ticket');
    const userid = this.ticketUser(decode(ticket));
    const user = userid === undefined ? undefined : this.users.get(userid);
    if (!user) throw unauthorized('Authentication failed!');
    if (method !== 'GET' && !this.csrfGood(user.userid, credentials.csrf ?? '')) {
      throw unauthorized('Permission denied - invalid csrf token');
    }
    return { userid: user.userid, grant: user.grant };
  }

  private tokenHolder(header: string): Principal {
    const match = /^PVEAPIToken=((\S+@[^\s!]+)!([^\s=]+))=(\S+)$/.exec(header);
    const token = match ? this.tokens.get(match[1] ?? '') : undefined;
    if (!match || !token || !same(token.secret, match[4] ?? '')) throw unauthorized('Authentication failed!');
    return { userid: match[2] ?? '', tokenid: match[3] ?? '', grant: token.grant };
  }

  private ticketUser(ticket: string): string | undefined {
    const match = /^PVE:([^:\s]+):([0-9A-F]+)::(.+)$/.exec(ticket);
    if (!match) return undefined;
    const [, userid = '', time = '', signature = ''] = match;
    if (this.now() - parseInt(time, 16) > TICKET_SECONDS) return undefined;
    return same(this.sign(`ticket:${userid}:${time}`), signature) ? userid : undefined;
  }

  private csrfGood(userid: string, token: string): boolean {
    const [time = '', signature = ''] = token.split(':');
    if (!/^[0-9A-F]+$/.test(time) || this.now() - parseInt(time, 16) > TICKET_SECONDS) return false;
    return same(this.sign(`csrf:${userid}:${time}`), signature);
  }

  private sign(text: string): string {
    return createHmac('sha256', this.key).update(text).digest('base64').replace(/=+$/, '');
  }

  private now(): number {
    return Math.floor(Date.now() / 1000);
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
