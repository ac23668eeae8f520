import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DEFAULT_TOKEN, startEmulator, type Emulator, type EmulatorOptions } from '../../emulator';
import { Workspace } from './workspace';

/** An emulated Proxmox VE and a user's folder beside it, new for every test. */
export interface Lab {
  emulator: Emulator;
  /** With the emulator's token and certificate in its environment. */
  workspace: Workspace;
  /** What was asked of the API that changes anything, as `METHOD /path`. */
  writes(): string[];
}

/**
 * Sets a lab up before each test of the suite and takes it down after.
 * @param options of the emulator
 * @returns the lab; its parts are there while a test runs
 */
export function useLab(options: EmulatorOptions = {}): Lab {
  let folder: string;
  const lab = {
    writes: () =>
      lab.emulator.log
        .list()
        .filter(({ method }) => method !== 'GET')
        .map(({ method, path: where }) => `${method} ${where}`),
  } as Lab;

  beforeEach(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'pve-'));
    const certFile = path.join(folder, 'ca.pem');
    lab.emulator = await startEmulator({
      taskMs: 20,
      bootMs: 20,
      nodes: ['pve', 'pve2'],
      ...options,
      certFile,
    });
    lab.workspace = new Workspace({ PROXMOX_VE_API_TOKEN: DEFAULT_TOKEN, SSL_CERT_FILE: certFile });
  });

  afterEach(async () => {
    await lab.emulator.stop();
    lab.workspace.remove();
    rmSync(folder, { recursive: true, force: true });
  });
  return lab;
}
