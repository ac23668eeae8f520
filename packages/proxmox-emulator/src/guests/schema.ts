import * as formats from '../formats';
import { integer, required, text, type ParamSpecs } from '../params';

/** The parts of a path that name a node and a guest. */
export const GUEST_PATH: ParamSpecs = {
  node: required(text({ format: formats.node })),
  vmid: required(integer(undefined, undefined, { format: formats.vmid })),
};
