import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DEFAULT_TOKEN, startEmulator, type Emulator, type EmulatorOptions } from 'proxmox-emulator';
import { Workspace } from './workspace';

/** An emulated Proxmox VE and a user's folder beside it, new for every test. */
export interface Lab {
  emulator: Emulator;
  /** With the emulator's token and certificate in its environment. */
  workspace: Workspace;
  /** What was asked of the API that changes anything, as `METHOD /path`. */
  writes(): string[];
}

/** A lab at one moment, to open copies of it. */
export interface Scene {
  /** A copy of the user's folder. */
  root: string;
  /** The emulator's state file. */
  cluster: string;
}

/** A lab that somebody has to close. */
export interface OpenLab extends Lab {
  /** Keeps the present moment in a new temporary folder. */
  capture(): Scene;
  close(): Promise<void>;
}

/**
 * Opens a lab.
 * @param options of the emulator; tasks and boots take 20 ms, the nodes are pve and pve2
 * @param scene what it starts from; an empty folder and an empty cluster without it
 * @returns the lab; its folder finds the emulator by PROXMOX_VE_ENDPOINT where the inventory names no host
 */
export async function openLab(options: EmulatorOptions = {}, scene?: Scene): Promise<OpenLab> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'pve-'));
  const certFile = path.join(folder, 'ca.pem');
  const stateFile = path.join(folder, 'cluster.json');
  if (scene) writeFileSync(stateFile, scene.cluster);
  const emulator = await startEmulator({
    taskMs: 20,
    bootMs: 20,
    nodes: ['pve', 'pve2'],
    ...(scene ? { stateFile } : {}),
    ...options,
    certFile,
  });
  const workspace = new Workspace(
    {
      PROXMOX_VE_ENDPOINT: emulator.url,
      PROXMOX_VE_API_TOKEN: DEFAULT_TOKEN,
      SSL_CERT_FILE: certFile,
    },
    undefined,
    scene?.root,
  );
  return {
    emulator,
    workspace,
    writes: () =>
      emulator.log
        .list()
        .filter(({ method }) => method !== 'GET')
        .map(({ method, path: where }) => `${method} ${where}`),
    capture: () => {
      const root = mkdtempSync(path.join(os.tmpdir(), 'scene-'));
      cpSync(workspace.root, root, { recursive: true, verbatimSymlinks: true });
      return { root, cluster: JSON.stringify(emulator.state.export()) };
    },
    close: async () => {
      await emulator.stop();
      workspace.remove();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Sets a lab up before each test of the suite and takes it down after.
 * @param options of the emulator
 * @returns the lab; its parts are there while a test runs
 */
export function useLab(options: EmulatorOptions = {}): Lab {
  const lab = {} as OpenLab;
  beforeEach(async () => {
    Object.assign(lab, await openLab(options));
  });
  afterEach(() => lab.close());
  return lab;
}
