import { ExternalProvider } from '@cdktf/provider-external/lib/provider';
import { NullProvider } from '@cdktf/provider-null/lib/provider';
import { type TerraformProvider, TerraformStack } from 'cdktf';
import { RootConstruct } from 'constructs';
import { ProxmoxProvider } from '../.gen/providers/proxmox/provider';

/** A provider in the version that the stacks require. */
export interface RequiredProvider {
  /** `<namespace>/<type>`, e.g. `bpg/proxmox`. */
  source: string;
  /** e.g. `0.111.1`. */
  version: string;
}

/**
 * Every provider that a stack may use. The bindings know the versions: they were generated from them.
 * @returns the providers, sorted by source
 */
export function requiredProviders(): RequiredProvider[] {
  const stack = new TerraformStack(new RootConstruct(), 'providers');
  new ProxmoxProvider(stack, 'proxmox', {});
  new NullProvider(stack, 'null');
  new ExternalProvider(stack, 'external');
  return stack
    .allProviders()
    .map((provider) => ({
      source: sourceOf(provider),
      version: provider.terraformGeneratorMetadata?.providerVersion ?? '',
    }))
    .sort((a, b) => (a.source < b.source ? -1 : 1));
}

/**
 * The source of a provider as Terraform knows it: one without a namespace is HashiCorp's.
 * @param provider the provider
 * @returns `<namespace>/<type>`
 */
export function sourceOf({ terraformProviderSource: source = '' }: TerraformProvider): string {
  return source.includes('/') ? source : `hashicorp/${source}`;
}
