import { DataExternal } from '@cdktf/provider-external/lib/data-external';
import { Resource } from '@cdktf/provider-null/lib/resource';
import { type ITerraformDependable, TerraformLocal, type TerraformStack } from 'cdktf';
import type { Env } from '../inventory/types';
import { appTypeOf } from '../renderers/app-types';
import { connection } from '../renderers/connection';
import { envFile, encodeEnvExpression } from '../renderers/env-file';
import { layersOf } from '../renderers/layers';
import { isRoot, type Layer, scriptPath, secretsPath } from '../renderers/layers/layer';
import { libraryLocals } from '../renderers/layers/libraries';
import { layerLocals, layerScript, layerTriggers, secretsUpload } from '../renderers/layers/script';
import { stateCheck, stateLocals, stateScript, stateSettings } from '../renderers/state';
import type { TemplateSource } from '../renderers/template';
import type { GuestRef } from './guest';

/**
 * Configures the guest: one resource for each layer, each after the one before.
 * @param stack the stack; it has the external provider
 * @param env the env
 * @param source finds templates
 * @param guest the guest; undefined for an external host
 * @param ready what waits for SSH
 */
export function configureGuest(
  stack: TerraformStack,
  env: Env,
  source: TemplateSource,
  guest: GuestRef | undefined,
  ready: ITerraformDependable,
): void {
  const layers = layersOf(env, source);
  const locals = {
    ...stateLocals(env, layers),
    look_script: stateScript(layers, source),
    ...libraryLocals(layers, source),
    ...Object.assign({}, ...layers.map(layerLocals)),
    ...envLocals(env),
  } as Record<string, unknown>;
  for (const [name, value] of Object.entries(locals)) {
    new TerraformLocal(stack, `local ${name}`, value).overrideLogicalId(name);
  }
  lookAtGuest(stack, env);
  let before = ready;
  for (const layer of layers) {
    const others = layers.filter((other) => other !== layer);
    before = addLayer(stack, env, layer, others, guest, before);
  }
}

/** The values of an env file that hold secrets, and its lines. */
function envLocals(env: Env): Record<string, unknown> {
  const { secrets, lines } = envFile(env.app.envVars);
  if (appTypeOf(env) === undefined || Object.keys(secrets).length === 0) return {};
  return {
    env_values: secrets,
    env_secrets: `\${{for name, value in local.env_values : name => ${encodeEnvExpression('value')}}}`,
    env_file: lines,
  };
}

function lookAtGuest(stack: TerraformStack, env: Env): void {
  const settings = Object.entries(stateSettings(env)).map(([name, value]) => `${name}=${value}`);
  const look = new DataExternal(stack, 'data guest', {
    program: ['env', ...settings, '/bin/sh', '-c', '${join("\\n", local.look_script)}'],
  });
  look.overrideLogicalId('guest');
  look.addOverride('count', '${local.look ? 1 : 0}');
  const { condition, errorMessage } = stateCheck();
  stack.addOverride('check.guest', { assert: [{ condition, error_message: errorMessage }] });
}

function addLayer(
  stack: TerraformStack,
  env: Env,
  layer: Layer,
  others: readonly Layer[],
  guest: GuestRef | undefined,
  before: ITerraformDependable,
): ITerraformDependable {
  const token = `local.state.${layer.name}`;
  const resource = new Resource(stack, `layer ${layer.name}`, {
    triggers: {
      ...layerTriggers(layer, env.stack),
      [layer.name === 'release' ? 'commit' : 'drift']: `\${${token}}`,
      // The MAC tells a re-created guest from the one before; the id alone stays the same.
      ...(guest ? { guest: `\${${guest.id}} \${${guest.mac}}` } : {}),
    },
    dependsOn: [before],
  });
  // A construct's id is unique in its scope, and `release` is a variable, too.
  resource.overrideLogicalId(layer.name);
  resource.addOverride('connection', connection(env, scriptPath(env, layer.name)));
  const upload = secretsUpload(layer);
  resource.addOverride('provisioner', [
    ...(isRoot(env) ? [] : [uploadFolder(env)]),
    ...(upload === undefined
      ? []
      : [{ file: { content: upload, destination: secretsPath(env, layer.name) } }]),
    { 'remote-exec': { inline: layerScript(layer, token, others) } },
    ...(layer.prove ? [{ 'remote-exec': { inline: [`\${join("\\n", local.${layer.name}_prove)}`] } }] : []),
  ]);
  return resource;
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
