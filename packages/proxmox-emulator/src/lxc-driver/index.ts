import { defaultStorages } from '../defaults';
import { startEmulator, type Emulator, type EmulatorOptions } from '../server';
import type { Storage } from '../model';
import { LxcDriver } from './driver';
import { Lab, type LabOptions } from './lab';
import { missingForGuests } from './requirements';
import { listenInside } from './sockets';

export type { Base } from './bases';
export { DEFAULT_BRIDGE_ADDRESS, type BridgeAddress, type Lab, type LabOptions } from './lab';
export { missingForGuests } from './requirements';

/** An emulator whose containers are real, and the place where they live. */
interface LxcEmulator {
  readonly emulator: Emulator;
  readonly lab: Lab;
}

/** The storages with the templates of further bases on the first one that holds templates. */
function withTemplates(storages: readonly Storage[], names: readonly string[]): Storage[] {
  const holder = storages.find((one) => one.content.includes('vztmpl'));
  return storages.map((storage) => {
    if (storage !== holder) return storage;
    const more = names.map((name) => ({
      volid: `${storage.storage}:vztmpl/${name}`,
      content: 'vztmpl',
      format: 'tzst',
      size: 71_576_979,
      ctime: 1_750_000_000,
    }));
    return { ...storage, volumes: [...storage.volumes, ...more] };
  });
}

/**
 * Starts an emulator whose containers are real. Its API answers at the same loopback address here and in the
 * network of the guests. Stopping the emulator ends the lab; so does its death.
 * @returns it and the lab
 * @throws Error that says what this machine lacks
 */
export async function startLxcEmulator(
  options: EmulatorOptions,
  labOptions: LabOptions = {},
): Promise<LxcEmulator> {
  const missing = missingForGuests();
  if (missing.length > 0) throw new Error(missing.join('\n'));
  const lab = await Lab.open({ bridges: options.bridges, ...labOptions });
  try {
    const emulator = await startEmulator({
      ...options,
      storages: withTemplates(options.storages ?? defaultStorages(), Object.keys(labOptions.bases ?? {})),
      driver: (state) => new LxcDriver(lab, state),
    });
    try {
      // An address of this machine is none of the network inside.
      const { host = '127.0.0.1' } = options;
      const inside = /^(127\.|0\.0\.0\.0$|::1?$)/.test(host) ? host : '127.0.0.1';
      emulator.answerAt(await listenInside(lab.namespaces, inside, emulator.port));
    } catch (error) {
      await emulator.stop();
      throw error;
    }
    // Tasks that build an image or wait for a guest would hold it up.
    const stop = (): Promise<void> => {
      lab.abort();
      return emulator.stop();
    };
    return { emulator: { ...emulator, stop }, lab };
  } catch (error) {
    await lab.close();
    throw error;
  }
}
