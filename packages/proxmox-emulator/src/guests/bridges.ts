import type { Call } from '../endpoint';
import { failure } from '../errors';

/** The bridge of a stored network interface, or undefined. */
export function bridgeOf(value: string): string | undefined {
  return /(?:^|,)bridge=([^,]+)/.exec(value)?.[1];
}

/** @throws ApiError 500 when the node has no such bridge */
export function checkBridge(call: Call, node: string, net: string): void {
  const bridge = bridgeOf(net);
  const known = call.services.state.nodes.find((one) => one.name === node)?.bridges ?? [];
  if (bridge !== undefined && !known.includes(bridge)) throw failure(`bridge '${bridge}' does not exist`);
}
