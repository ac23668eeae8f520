import type { Endpoint } from '../endpoint';
import { ApiError } from '../errors';
import { flag, required, text } from '../params';
import { capabilities, permissionTree, privilegesOn } from '../privileges';

/** Logging in and asking what one may do. */
export const accessEndpoints: readonly Endpoint[] = [
  {
    method: 'POST',
    path: '/access/ticket',
    open: true,
    params: {
      username: required(text({ maxLength: 64 })),
      password: required(text()),
      realm: text({ maxLength: 32 }),
      otp: text(),
      path: text({ maxLength: 64 }),
      privs: text({ maxLength: 64 }),
      'new-format': flag(),
      'tfa-challenge': text(),
    },
    handler: (call) => {
      const name = call.need('username');
      const realm = call.str('realm');
      const userid = realm === undefined || name.includes('@') ? name : `${name}@${realm}`;
      const { who, ticket, csrf } = call.services.auth.login(userid, call.need('password'));
      return { username: who.userid, ticket, CSRFPreventionToken: csrf, cap: capabilities(who) };
    },
  },
  {
    method: 'GET',
    path: '/access/ticket',
    params: {},
    open: true,
    handler: () => null,
  },
  {
    method: 'GET',
    path: '/access/permissions',
    params: { path: text(), userid: text() },
    handler: (call) => {
      const path = call.str('path');
      return path === undefined ? permissionTree(call.who) : { [path]: privilegesOn(call.who, path) };
    },
  },
];

/** The refusal of a login that carries an API token. */
export function ticketByToken(): ApiError {
  return new ApiError(
    403,
    "Permission check failed (URI '/access/ticket' not available with API token, need proper ticket.\n)",
  );
}
