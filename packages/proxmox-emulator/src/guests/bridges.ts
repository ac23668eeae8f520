import type { Call } from '../endpoint';
import { failure } from '../errors';

/** The bridge of a stored network interface, or undefined. */
export function bridgeOf(value: string): string | undefined {
  return /(?:^|,)bridge=([^,]+)/.exec(value)?.[1];
}

/** What bridges have unless somebody changes it, which nobody can here. */
const BRIDGE_MTU = 1500;

/**
 * Whether a container's interface fits its bridge.
 * @param option e.g. `net0`
 * @throws ApiError 500 where the node has no such bridge, or a smaller MTU (measured on PVE 9.2)
 */
export function checkInterface(call: Call, node: string, option: string, net: string): void {
  checkBridge(call, node, net);
  const mtu = Number(/(?:^|,)mtu=(\d+)/.exec(net)?.[1] ?? 0);
  if (mtu > BRIDGE_MTU) {
    throw failure(`${option}: MTU size '${String(mtu)}' is bigger than bridge MTU '${String(BRIDGE_MTU)}'`);
  }
}

/** @throws ApiError 500 when the node has no such bridge */
export function checkBridge(call: Call, node: string, net: string): void {
  const bridge = bridgeOf(net);
  const known = call.services.state.nodes.find((one) => one.name === node)?.bridges ?? [];
  if (bridge !== undefined && !known.includes(bridge)) throw failure(`bridge '${bridge}' does not exist`);
}
