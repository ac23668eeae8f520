import { onGuest, type Endpoint } from '../endpoint';
import { guestOf, type Kind } from './kind';
import { GUEST_PATH } from './schema';

/** The endpoint that lists the snapshots of a guest: there are none but the present. */
export function snapshotsEndpoint(kind: Kind): Endpoint {
  return {
    method: 'GET',
    path: `${kind.path}/snapshot`,
    params: GUEST_PATH,
    permission: onGuest('VM.Audit'),
    handler: (call) => {
      guestOf(kind, call);
      return [{ name: 'current', description: 'You are here!' }];
    },
  };
}
