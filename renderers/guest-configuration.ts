import type { Env, ProxmoxApi } from '../inventory/types';
import type { Application } from './application';
import {
  agentCheck,
  connection,
  type Connection,
  connectionLocals,
  isRoot,
  keyGuards,
  uploads,
} from './connection';
import { encodeEnvExpression, envFile } from './env-file';
import { quote } from './expression';
import type { Guard } from './guards';
import { externalPin, hostKeyLocals, sshReady } from './host-key';
import { layersOf } from './layers';
import { envFiles } from './layers/env-files';
import type { Layer } from './layers/layer';
import { KIT } from './layers/paths';
import { layerLocals, layerScript, layerTriggers, secretsUpload } from './layers/script';
import { firstContact, lookCheck, lookLocals, lookProgram, strangerGuard } from './look';
import type { TemplateSource } from './template';

/** A layer, for Terraform. */
export interface ConfiguredLayer {
  /** e.g. `base_os`. */
  name: string;
  /** Expression of what makes it run again. */
  triggers: string;
  connection: Connection;
  preconditions: readonly Guard[];
  /** Provisioners, in their order. */
  provisioners: readonly Record<string, unknown>[];
}

/** All that happens inside of a guest. */
export interface GuestConfiguration {
  /** Local values by name. */
  locals: Readonly<Record<string, unknown>>;
  /** Of a host that Proxmox does not know: what keeps the key that the first plan saw, and what ends a plan. */
  hostKey: { input: string; guard: Guard; said: string } | undefined;
  /** How a plan looks at the guest: a program, and what ends the plan. */
  look: { program: readonly string[]; guard: Guard };
  /** What a plan warns of, by name. */
  checks: Readonly<Record<string, Guard>>;
  /** The layers, in their order; the first waits until the guest lets it in, and asks it whose it is. */
  layers: readonly ConfiguredLayer[];
}

/**
 * The one door from an env to what happens inside of its guest; constructs only place it.
 * @param env the env
 * @param api how the API is reached
 * @param source finds templates
 * @param guest expressions of the guest's id and MAC address; undefined for an external host
 * @param app the env's application, if it has one
 * @returns local values, the look and the layers
 */
export function guestConfiguration(
  env: Env,
  api: ProxmoxApi,
  source: TemplateSource,
  guest: { id: string; mac: string } | undefined,
  app: Application | undefined,
): GuestConfiguration {
  const layers = layersOf(env, source, app);
  const agent = agentCheck(env);
  return {
    locals: {
      ...connectionLocals(env),
      // The MAC tells a re-created guest from the one before; the id alone stays the same.
      ...(guest ? { guest: `\${${guest.id}} \${${guest.mac}}` } : {}),
      ...hostKeyLocals(env, guest?.mac),
      ...lookLocals(env, layers),
      ...layerLocals(layers, env.stack),
      ...envLocals(env, layers),
    },
    hostKey: guest ? undefined : externalPin(env),
    look: { program: lookProgram(env, layers), guard: strangerGuard() },
    checks: { guest: lookCheck(), ...(agent ? { ssh_agent: agent } : {}) },
    layers: layers.map((layer, index) => {
      const first = index === 0;
      return {
        name: layer.name,
        triggers: layerTriggers(layer, first ? { address: quote(env.address) } : {}, guest !== undefined),
        connection: connection(env, layer.name),
        preconditions: [
          ...(first ? keyGuards(env) : []),
          ...(layer.precondition ? [layer.precondition] : []),
        ],
        provisioners: [
          ...(first ? [firstContact(env, api, guest?.mac)] : []),
          ...provisioners(env, layer, first ? sshReady(env, guest?.mac) : undefined),
        ],
      };
    }),
  };
}

/** Of each env file that holds secrets its values that do, and its lines. */
function envLocals(env: Env, layers: readonly Layer[]): Record<string, unknown> {
  const uploaded = layers.flatMap(({ files }) => files.map(({ secret }) => secret?.name));
  return Object.fromEntries(
    envFiles(env).flatMap(({ name: file, values }) => {
      if (!uploaded.includes(file)) return [];
      const { secrets, lines } = envFile(values, file);
      const encoded = encodeEnvExpression('value');
      return [
        [`${file}_values`, secrets],
        [`${file}_secrets`, `\${{for name, value in local.${file}_values : name => ${encoded}}}`],
        [`${file}_file`, lines],
      ];
    }),
  );
}

function provisioners(
  env: Env,
  layer: Layer,
  ready: Record<string, unknown> | undefined,
): Record<string, unknown>[] {
  const upload = secretsUpload(layer);
  const destination = `${uploads(env)}/.pvestack-${layer.name}.secrets`;
  return [
    ...(isRoot(env) ? [] : [uploadFolder(env)]),
    ...(ready ? [ready] : []),
    ...(upload === undefined ? [] : [{ file: { content: upload, destination } }]),
    { 'remote-exec': { inline: [layerScript(layer).join('\n')] } },
    ...(layer.prove ? [{ 'remote-exec': { inline: [`exec ${KIT}/prove`] } }] : []),
  ];
}

/** A folder that only the user who connects may look into; made anew, with nothing that anyone else left there. */
function uploadFolder(env: Env): Record<string, unknown> {
  return {
    'remote-exec': {
      connection: connection(env),
      inline: ['umask 077', 'rm -rf ./.pvestack', 'mkdir -m 0700 ./.pvestack'],
    },
  };
}
